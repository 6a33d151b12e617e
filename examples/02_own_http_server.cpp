// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// An application that has its own Beast server keeps it, and puts the hub's door into it: WebSockets and event streams.
//   curl http://localhost:8080/orders/42/ship     tells everybody who is subscribed to `group:orders`
#include <fanfare/endpoint.hpp>
#include <fanfare/fanfare.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

// What the application did before Fanfare came.
http::response<http::string_body> handle(const http::request<http::string_body>& request, fanfare::hub<>& hub)
{
    http::response<http::string_body> answer{http::status::ok, request.version()};
    const std::string target{request.target()};
    const std::string prefix = "/orders/";
    const auto end = target.find("/ship", prefix.size());
    if (target.starts_with(prefix) && end != std::string::npos) {
        const auto order = target.substr(prefix.size(), end - prefix.size());
        const auto receipt = hub.publish("group:orders", "order_shipped", boost::json::value{{"order", order}});
        answer.body() = receipt ? "told " + std::to_string(receipt.local_receivers) + " clients\n"
                                : receipt.error.message() + "\n";
    } else {
        answer.result(http::status::not_found);
        answer.body() = "try /orders/42/ship\n";
    }
    answer.keep_alive(request.keep_alive());
    answer.prepare_payload();
    return answer;
}

asio::awaitable<void> serve(beast::tcp_stream stream, fanfare::hub<>& hub, fanfare::endpoint door)
{
    beast::flat_buffer buffer;
    for (;;) {
        http::request<http::string_body> request;
        stream.expires_after(std::chrono::seconds{30});
        co_await http::async_read(stream, buffer, request, asio::use_awaitable);
        if (door.handles(request)) // it lets in who may enter, and answers the others
            co_return door.accept(std::move(stream), request, beast::buffers_to_string(buffer.data()));
        auto answer = handle(request, hub);
        co_await http::async_write(stream, answer, asio::use_awaitable);
        if (!answer.keep_alive())
            co_return;
    }
}

asio::awaitable<void> listen(asio::ip::tcp::acceptor acceptor, fanfare::hub<>& hub, fanfare::endpoint door)
{
    for (;;) {
        beast::tcp_stream stream{co_await acceptor.async_accept(asio::use_awaitable)};
        // A client that goes away in the middle of a request ends its coroutine, and nothing else.
        asio::co_spawn(stream.get_executor(), serve(std::move(stream), hub, door), asio::detached);
    }
}

int main()
{
    asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor()};
    const fanfare::endpoint door{hub}; // everybody may enter; `endpoint_options` says who may
    asio::ip::tcp::acceptor acceptor{ioc, {asio::ip::make_address("127.0.0.1"), 8080}};
    asio::co_spawn(ioc, listen(std::move(acceptor), hub, door), asio::detached);
    std::cout << "http://localhost:8080/orders/42/ship, ws://localhost:8080/api/v1/ws\n";
    ioc.run();
}
