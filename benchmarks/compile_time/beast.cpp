// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What one would write otherwise: the smallest WebSocket server of Beast that sends each message back, with coroutines.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;

asio::awaitable<void> serve(asio::ip::tcp::socket socket)
{
    beast::websocket::stream<beast::tcp_stream> stream{std::move(socket)};
    co_await stream.async_accept(asio::use_awaitable);
    for (beast::flat_buffer buffer;; buffer.clear()) {
        co_await stream.async_read(buffer, asio::use_awaitable);
        const auto said = boost::json::parse(beast::buffers_to_string(buffer.data()));
        co_await stream.async_write(asio::buffer(boost::json::serialize(said)), asio::use_awaitable);
    }
}

asio::awaitable<void> listen(asio::ip::tcp::acceptor acceptor)
{
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
    }
}

int main()
{
    asio::io_context io;
    asio::co_spawn(io, listen({io, {asio::ip::tcp::v4(), 8080}}), asio::detached);
    io.run();
}
