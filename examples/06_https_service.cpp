// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A service with its own HTTPS server, and a hub in it: 06_https_service 8443 chain.pem key.pem ADMIN_KEY
#include <fanfare/auth/ticket.hpp>
#include <fanfare/endpoint.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/ssl.hpp>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/beast.hpp>

#include <iostream>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
struct service {
    char** argv;
    asio::io_context ioc{1};
    asio::ip::tcp::acceptor acceptor{ioc, {asio::ip::tcp::v4(), static_cast<unsigned short>(std::stoi(argv[1]))}};
    fanfare::tls_context tls{{.certificates = {{argv[2], argv[3]}}}};
    fanfare::hub<> hub{ioc.get_executor()};
    fanfare::memory_ticket_store tickets{};
    fanfare::endpoint door{hub, {.authenticate = fanfare::ticket_authenticator{tickets}}};
    fanfare::http_api api{hub, {.admin_key = argv[4], .issue_ticket = fanfare::issue_from(tickets)}};
};
asio::awaitable<void> wait_for(std::chrono::seconds time = std::chrono::seconds{60})
{
    co_await asio::steady_timer{co_await asio::this_coro::executor, time}.async_wait(use_awaitable);
}
asio::awaitable<void> serve(service& s, fanfare::tls_stream stream)
{
    co_await (stream.async_handshake(use_awaitable) || wait_for()); // without it reading fails
    for (boost::beast::flat_buffer buffer;;) {
        http::request<http::string_body> request;
        if ((co_await (http::async_read(stream, buffer, request, use_awaitable) || wait_for())).index() != 0)
            co_return;
        if (s.door.handles(request)) // a WebSocket or an event stream: it lets in who has a ticket
            co_return s.door.accept(std::move(stream), request, boost::beast::buffers_to_string(buffer.data()));
        http::response<http::string_body> answer{http::status::ok, request.version(), R"([{"id":42}])"};
        answer.prepare_payload();
        answer.body().resize(request.method() == http::verb::head ? 0 : answer.body().size());
        if (request.target() != "/orders") // what the service was there for; the rest is the hub's API, or 404
            answer = co_await s.api.async_handle(request, stream.remote_address(), use_awaitable);
        answer.keep_alive(request.keep_alive());
        co_await http::async_write(stream, answer, use_awaitable);
        if (!answer.keep_alive())
            co_return stream.shutdown_now();
    }
}
asio::awaitable<void> listen(service& s)
{
    for (;;)
        if (auto [failed, socket] = co_await s.acceptor.async_accept(asio::as_tuple(use_awaitable)); !failed)
            asio::co_spawn(s.ioc, serve(s, {std::move(socket), s.tls}), asio::detached);
        else
            co_await wait_for(std::chrono::seconds{1}); // out of descriptors
}
asio::awaitable<void> obey_signals(service& s)
{
    asio::signal_set signals{s.ioc, SIGHUP, SIGTERM, SIGINT};
    while (co_await signals.async_wait(use_awaitable) == SIGHUP)
        try {
            s.tls.reload(); // the certificate has been renewed: no connection is lost
        } catch (const std::exception& e) {
            std::cerr << "the old certificate stays: " << e.what() << '\n';
        }
    co_await s.hub.async_shutdown({}, asio::as_tuple(use_awaitable)); // says goodbye to all
}
int main(int, char** argv)
{
    service s{argv};
    asio::co_spawn(s.ioc, listen(s) || obey_signals(s), [&s](auto...) { s.ioc.stop(); });
    std::cout << "https://localhost:" << s.acceptor.local_endpoint().port() << "/orders" << std::endl;
    s.ioc.run();
}
