// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_LISTENER_HPP
#define FANFARE_DETAIL_HTTP_LISTENER_HPP

#include <fanfare/detail/http/pending_connections.hpp>
#include <fanfare/server.hpp>
#include <fanfare/sse.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace fanfare::detail {

/// Accepts TCP connections and serves HTTP on them until they become WebSockets or streams of events. One coroutine
/// accepts, one serves each connection, on the shard that the connection will live on.
class http_listener : public std::enable_shared_from_this<http_listener> {
public:
    http_listener(std::shared_ptr<hub_core> hub, server_options options);
    void start();
    void stop();
    std::uint16_t port() const noexcept { return port_; }

private:
    using parser = http::request_parser<http::string_body>;

    asio::awaitable<void> accept_all(std::shared_ptr<asio::ip::tcp::acceptor> acceptor);
    asio::awaitable<void> serve(asio::ip::tcp::socket socket, shard& home,
                                std::shared_ptr<pending_connection> visit);
    /// Reads one request; false if the connection is over, with the reason answered if there is one.
    asio::awaitable<bool> read(boost::beast::tcp_stream& stream, boost::beast::flat_buffer& buffer,
                               parser& request);
    /// How a request becomes a connection.
    enum class door { none, websocket, events };
    door door_of(const http_api::request_type& request) const;
    asio::awaitable<void> let_in(boost::beast::tcp_stream stream, boost::beast::flat_buffer& buffer,
                                 const http_api::request_type& request, shard& home, door which);
    /// The page's origin, if it may read what is answered to it.
    std::string page_of(const handshake_request& request) const;
    asio::awaitable<auth_result> authenticate(const http_api::request_type& request,
                                              const asio::ip::address& caller);
    asio::awaitable<http_api::response_type> respond(const http_api::request_type& request,
                                                     const asio::ip::address& caller);
    asio::awaitable<void> linger(boost::beast::tcp_stream& stream);
    /// `head_only`: the answer to HEAD, whose body the client would take for the next answer.
    asio::awaitable<bool> write(boost::beast::tcp_stream& stream, http_api::response_type answer,
                                bool head_only = false);

    std::shared_ptr<hub_core> hub_;
    server_options options_;
    http_api api_;
    std::shared_ptr<asio::ip::tcp::acceptor> opened_; // until `start`
    std::weak_ptr<asio::ip::tcp::acceptor> acceptor_; // its coroutine owns it, so that it goes with its context
    std::uint16_t port_ = 0;
    pending_connections visits_;
    std::atomic<bool> stopped_{false};
};

} // namespace fanfare::detail

#endif
