// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HTTP_OWN_SERVER_HPP
#define FANFARE_TESTS_HTTP_OWN_SERVER_HPP

// An HTTP server as an application has one.
#include "support/world.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>

#include <functional>

namespace fanfare::test {

// Accepts connections, makes a stream of each, reads one request, and gives both away, with what was read past the request.
// It runs on a context that somebody else runs, and that outlives it.
template <class Stream = tcp::socket>
class own_server {
public:
    using request_type = http::request<http::string_body>;
    using make_type = std::function<asio::awaitable<Stream>(tcp::socket)>;
    using take_type = std::function<void(Stream, request_type, std::string early)>;

    own_server(asio::io_context& context, make_type make, take_type take)
        : context_{context}, acceptor_{std::make_shared<tcp::acceptor>(
                                 context, tcp::endpoint{asio::ip::address_v4::loopback(), 0})},
          port_{acceptor_->local_endpoint().port()}
    {
        auto use = std::make_shared<const uses>(uses{std::move(make), std::move(take)});
        asio::co_spawn(context, accept_all(acceptor_, std::move(use)), asio::detached);
    }
    own_server(asio::io_context& context, take_type take) : own_server{context, &unchanged, std::move(take)} {}
    ~own_server()
    {
        asio::post(context_, [acceptor = acceptor_] { acceptor->close(); });
    }
    own_server(const own_server&) = delete;
    own_server& operator=(const own_server&) = delete;

    std::uint16_t port() const { return port_; }

private:
    struct uses {
        make_type make;
        take_type take;
    };

    static asio::awaitable<Stream> unchanged(tcp::socket socket) { co_return Stream{std::move(socket)}; }

    // Ends with an exception when the acceptor is closed.
    static asio::awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> acceptor,
                                            std::shared_ptr<const uses> use)
    {
        for (;;) {
            auto socket = co_await acceptor->async_accept(asio::use_awaitable);
            asio::co_spawn(acceptor->get_executor(), serve(std::move(socket), use), asio::detached);
        }
    }
    // Ends with an exception when the client has gone.
    static asio::awaitable<void> serve(tcp::socket socket, std::shared_ptr<const uses> use)
    {
        auto stream = co_await use->make(std::move(socket));
        beast::flat_buffer buffer;
        request_type request;
        co_await http::async_read(stream, buffer, request, asio::use_awaitable);
        use->take(std::move(stream), std::move(request), beast::buffers_to_string(buffer.data()));
    }

    asio::io_context& context_;
    std::shared_ptr<tcp::acceptor> acceptor_;
    std::uint16_t port_;
};

} // namespace fanfare::test

#endif
