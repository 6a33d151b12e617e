// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_LISTENER_HPP
#define FANFARE_DETAIL_HTTP_LISTENER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/http_session.hpp>
#include <fanfare/detail/http/pending_connections.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>

namespace fanfare::detail {

/// Accepts TCP connections and has each served by an `http_session`. One coroutine accepts, one serves each connection, on
/// the shard that the connection will live on.
class http_listener : public std::enable_shared_from_this<http_listener> {
public:
    /// Throws `system_error`, naming the address, if it cannot listen there.
    http_listener(std::shared_ptr<hub_core> hub, server_options options);
    void start();
    /// Thread-safe.
    void stop();
    std::uint16_t port() const noexcept { return port_; }

private:
    asio::awaitable<void> accept_all(std::shared_ptr<asio::ip::tcp::acceptor> acceptor);
    net_stream make_stream(asio::ip::tcp::socket socket) const;
    void start_session(asio::ip::tcp::socket socket, shard& home);
    asio::awaitable<void> serve(asio::ip::tcp::socket socket, shard& home,
                                std::shared_ptr<pending_connection> pending);

    http_service service_;
    std::shared_ptr<asio::ip::tcp::acceptor> opened_; // until `start`, which moves it into the coroutine
    std::weak_ptr<asio::ip::tcp::acceptor>
        acceptor_; // owned by the coroutine, so that it is destroyed with its context
    std::uint16_t port_ = 0;
    pending_connections pending_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/listener.ipp>
#endif

#endif
