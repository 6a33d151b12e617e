// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// TLS in a server of the application's own.
#include "support/world.hpp"
#include "tls/tls_client.hpp"

#include <fanfare/sse.hpp>
#include <fanfare/ssl.hpp>
#include <fanfare/websocket.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Serves one connection, as an application would: handshake, request, and then the hub has it.
template <class Stream, class Handshake>
asio::awaitable<void> serve_one(world& w, Stream stream, Handshake handshake)
{
    co_await handshake(stream);
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    if (beast::websocket::is_upgrade(request))
        w.hub().accept(std::move(stream), request, identity{.user_id = "alice"});
    else
        w.hub().accept_events(std::move(stream), request, identity{});
}

template <class Make>
void accept_into(world& w, tcp::acceptor& acceptor, Make make)
{
    asio::co_spawn(
        w.context(),
        [&w, &acceptor, make]() -> asio::awaitable<void> {
            for (;;) {
                auto socket = co_await acceptor.async_accept(asio::use_awaitable);
                asio::co_spawn(w.context(), make(std::move(socket)), asio::detached);
            }
        },
        asio::detached);
}

} // namespace

TEST_CASE("an own server hands a tls_stream, or an asio::ssl::stream, to the hub")
{
    test_authority authority;
    const auto files = authority.issue("server", "localhost", {"localhost"});
    asio::ssl::context own{asio::ssl::context::tls_server};
    own.use_certificate_chain_file(files.chain);
    own.use_private_key_file(files.key, asio::ssl::context::pem);
    const auto from_files = tls_context{{.certificates = {{files.chain, files.key}}}};
    const auto from_openssl = tls_context{own.native_handle()};

    world w{{}, 2}; // the hub moves connections to the other shard
    w.hub().configure("chat:", {});
    tcp::acceptor acceptor{w.context(), {asio::ip::address_v4::loopback(), 0}};
    const auto which = GENERATE(0, 1, 2);
    accept_into(w, acceptor, [&, which](tcp::socket socket) -> asio::awaitable<void> {
        if (which == 2)
            return serve_one(w, client_stream{std::move(socket), own}, [](client_stream& s) {
                return s.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
            });
        return serve_one(w, tls_stream{std::move(socket), which == 0 ? from_files : from_openssl},
                         [](tls_stream& s) {
                             beast::get_lowest_layer(s).set_option(tcp::no_delay{true});
                             return s.async_handshake(asio::use_awaitable);
                         });
    });
    w.run();
    const auto port = acceptor.local_endpoint().port();
    std::vector<std::unique_ptr<wss_client>> clients;
    for (int i = 0; i != 4; ++i)
        clients.push_back(std::make_unique<wss_client>(port, client_options{}, client_tls{authority.ca_file()}));
    for (auto& c : clients)
        c->subscribe({"chat:1"});
    const std::string large(100'000, 'y');
    w.hub().publish("chat:1", "large", large);
    for (auto& c : clients)
        CHECK(c->next("large").as_string() == large);

    tls_connection events{port, {}};
    asio::write(events.channel,
                asio::buffer(std::string{"GET /?rooms=chat:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    std::string got;
    std::array<char, 4096> bytes;
    while (got.find("\"subscribed\"") == std::string::npos)
        got.append(bytes.data(), events.channel.read_some(asio::buffer(bytes)));
    CHECK(got.starts_with("HTTP/1.1 200"));
    w.stop(); // before the acceptor goes
}
