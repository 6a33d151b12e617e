// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_LISTENER_IPP
#define FANFARE_DETAIL_HTTP_LISTENER_IPP

#include <fanfare/detail/http/listener.hpp>
#include <fanfare/detail/http/spare_descriptors.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace fanfare::detail {

inline void open_acceptor(asio::ip::tcp::acceptor& acceptor, const std::string& ip_address, std::uint16_t port)
{
    error_code ec;
    const auto fail = [&](const char* what) {
        // Without the source location inside Asio, which what() would print.
        ec = error_code{ec.value(), ec.category()};
        throw boost::system::system_error{ec, std::string{"fanfare::server: cannot "} + what + " " + ip_address +
                                                  ":" + std::to_string(port)};
    };
    const auto address = asio::ip::make_address(ip_address, ec);
    if (ec)
        fail("read the address of");
    const asio::ip::tcp::endpoint endpoint{address, port};
    acceptor.open(endpoint.protocol(), ec);
    if (!ec)
        acceptor.set_option(asio::socket_base::reuse_address{true}, ec);
    if (!ec)
        acceptor.bind(endpoint, ec);
    if (!ec)
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        fail("listen on");
}

FANFARE_DECL http_listener::http_listener(std::shared_ptr<hub_core> hub, server_options options)
    : service_{std::move(hub), std::move(options)}, opened_{std::make_shared<asio::ip::tcp::acceptor>(
                                                        service_.hub->shards.first().executor())},
      acceptor_{opened_}, pending_{service_.options.max_http_connections}
{
    open_acceptor(*opened_, service_.options.address, service_.options.port);
    port_ = opened_->local_endpoint().port();
}

FANFARE_DECL void http_listener::start()
{
    const auto executor = opened_->get_executor();
    asio::co_spawn(
        executor,
        [self = shared_from_this(), acceptor = std::move(opened_)] { return self->accept_all(acceptor); },
        asio::detached);
}

FANFARE_DECL void http_listener::stop()
{
    if (!service_.stopped.exchange(true))
        service_.hub->shards.first().post([acceptor = acceptor_](shard&) {
            error_code ignored; // the acceptor is closed in any case
            if (const auto alive = acceptor.lock())
                alive->close(ignored);
        });
}

// How long nothing is accepted when the process has no room for it.
inline constexpr std::chrono::milliseconds accept_pause{50};

FANFARE_DECL asio::awaitable<void> http_listener::accept_all(std::shared_ptr<asio::ip::tcp::acceptor> acceptor)
{
    asio::steady_timer pause{acceptor->get_executor()};
    while (acceptor->is_open() && !service_.stopped) {
        if (!has_spare_descriptors(acceptor->native_handle())) { // until connections have ended
            pause.expires_after(accept_pause);
            co_await pause.async_wait(no_throw);
            continue;
        }
        auto& home = service_.hub->shards.least_loaded();
        auto [ec, accepted] = co_await acceptor->async_accept(home.executor(), no_throw);
        if (ec == asio::error::operation_aborted || service_.stopped)
            break;
        if (ec) {
            // Out of memory, for instance: tried again when other connections may have ended.
            pause.expires_after(accept_pause);
            co_await pause.async_wait(no_throw);
            continue;
        }
        start_session(asio::ip::tcp::socket{std::move(accepted)}, home);
    }
}

FANFARE_DECL net_stream http_listener::make_stream(asio::ip::tcp::socket socket) const
{
    const auto& tls = service_.options.tls.factory();
    return net_stream{std::move(socket), tls ? tls->make_engine() : nullptr};
}

FANFARE_DECL void http_listener::start_session(asio::ip::tcp::socket socket, shard& home)
{
    const auto pending = pending_.add(home);
    asio::co_spawn(
        home.executor(),
        [self = shared_from_this(), &home, pending, socket = std::move(socket)]() mutable {
            return self->serve(std::move(socket), home, pending);
        },
        [self = shared_from_this(), &home, pending](std::exception_ptr error) {
            self->pending_.remove(pending);
            if (error)
                home.post([self, error](shard& s) { self->service_.hub->handlers.failed(s, error); });
        });
}

FANFARE_DECL asio::awaitable<void> http_listener::serve(asio::ip::tcp::socket socket, shard& home,
                                                        std::shared_ptr<pending_connection> pending)
{
    http_session session{service_, make_stream(std::move(socket)), home};
    co_await session.run(*pending);
}

} // namespace fanfare::detail

#endif
