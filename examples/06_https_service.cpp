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
using namespace asio::experimental::awaitable_operators;
using page = http::response<http::string_body>;
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
asio::awaitable<void> serve(service& s, fanfare::tls_stream stream)
{
    co_await stream.async_handshake(asio::use_awaitable);
    const auto caller = stream.lowest_layer().remote_endpoint().address();
    for (boost::beast::flat_buffer buffer;;) {
        http::request<http::string_body> request;
        co_await http::async_read(stream, buffer, request, asio::use_awaitable);
        if (s.door.handles(request)) // a WebSocket or an event stream: it lets in who has a ticket
            co_return s.door.accept(std::move(stream), request, boost::beast::buffers_to_string(buffer.data()));
        page answer{http::status::not_found, request.version()};
        if (s.api.handles(request.target()))
            answer = co_await s.api.async_handle(request, caller, asio::use_awaitable);
        else if (request.target() == "/orders") // what the service was there for
            answer = page{http::status::ok, request.version(), R"([{"id":42,"state":"packed"}])"};
        answer.keep_alive(request.keep_alive());
        answer.prepare_payload();
        co_await http::async_write(stream, answer, asio::use_awaitable);
        if (!answer.keep_alive())
            co_return stream.shutdown_now();
    }
}
asio::awaitable<void> wait(asio::steady_timer timer)
{
    co_await timer.async_wait(asio::use_awaitable);
}
asio::awaitable<void> listen(service& s)
{
    for (const std::chrono::minutes minute{1};;) // for each connection to become the hub's
        if (auto [failed, socket] = co_await s.acceptor.async_accept(asio::as_tuple(asio::use_awaitable)); !failed)
            asio::co_spawn(s.ioc, serve(s, {std::move(socket), s.tls}) || wait({s.ioc.get_executor(), minute}),
                           asio::detached);
}
asio::awaitable<void> obey_signals(service& s)
{
    asio::signal_set signals{s.ioc, SIGHUP, SIGTERM, SIGINT};
    while (co_await signals.async_wait(asio::use_awaitable) == SIGHUP)
        try {
            s.tls.reload(); // the certificate has been renewed: no connection is lost
        } catch (const std::exception& e) {
            std::cerr << "the old certificate stays: " << e.what() << '\n';
        }
    co_await s.hub.async_shutdown({},
                                  asio::as_tuple(asio::use_awaitable)); // lets no one in, and says goodbye to all
}
int main(int, char** argv)
{
    service s{argv};
    asio::co_spawn(s.ioc, listen(s) || obey_signals(s), [&s](auto...) { s.ioc.stop(); });
    std::cout << "https://localhost:" << s.acceptor.local_endpoint().port() << "/orders" << std::endl;
    s.ioc.run();
}
