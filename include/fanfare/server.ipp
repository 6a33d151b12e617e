// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SERVER_IPP
#define FANFARE_SERVER_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/http/listener.hpp>
#include <fanfare/server.hpp>

#include <utility>

namespace fanfare {

FANFARE_DECL void detail::stop_listening(const std::weak_ptr<http_listener>& listener)
{
    if (const auto alive = listener.lock())
        alive->stop();
}

FANFARE_DECL server::server(std::shared_ptr<detail::hub_core> hub, server_options options) : hub_{std::move(hub)}
{
    options.handshake_timeout = detail::bounded_time(options.handshake_timeout);
    listener_ = std::make_shared<detail::http_listener>(hub_, std::move(options));
    listener_->start();
}

FANFARE_DECL server::~server()
{
    listener_->stop();
}

FANFARE_DECL std::uint16_t server::port() const noexcept
{
    return listener_->port();
}

FANFARE_DECL std::vector<std::uint16_t> server::ports() const
{
    return listener_->ports();
}

FANFARE_DECL void server::listen_at(detail::stream_acceptor acceptor, any_tls_context tls, bool proxy_protocol)
{
    listener_->listen({std::move(acceptor), {}, true}, {std::move(tls), proxy_protocol});
}

FANFARE_DECL void server::stop()
{
    listener_->stop();
}

} // namespace fanfare

#endif
