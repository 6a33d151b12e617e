// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Handshakes with a server: who gets through, and who is let go.
#include "tls/tls_world.hpp"

#include <boost/asio/write.hpp>

#include <array>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("plain HTTP on a port that speaks TLS is answered so that a person understands it")
{
    tls_world t;
    t.serve();
    const auto answer = http_get(t.w.port(), "/healthz");
    CHECK(answer.result_int() == 400);
    CHECK(answer.body().find("TLS") != std::string::npos);
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 1; }));
}

TEST_CASE("who says nothing, or no TLS, is let go at the handshake's deadline")
{
    tls_world t;
    t.serve({.handshake_timeout = 50ms});
    for (const auto* bytes : {"", "\x16\x03\x01", "\x16\x03\x01\x40\x00\x01"}) {
        asio::io_context context;
        tcp::socket socket{context};
        socket.connect({asio::ip::address_v4::loopback(), t.w.port()});
        asio::write(socket, asio::buffer(bytes, std::string_view{bytes}.size()));
        std::array<char, 64> rest;
        error_code ec;
        while (!ec)
            socket.read_some(asio::buffer(rest), ec);
        CHECK((ec == asio::error::eof || ec == asio::error::connection_reset));
    }
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 3; }));
}

TEST_CASE("a handshake, and what follows it, may come a byte at a time")
{
    tls_world t;
    t.serve();
    // Between them: forwards the client's bytes one by one.
    asio::io_context context;
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    const auto port = acceptor.local_endpoint().port();
    std::thread relay{[&] {
        tcp::socket client{context};
        acceptor.accept(client);
        tcp::socket server{context};
        server.connect({asio::ip::address_v4::loopback(), t.w.port()});
        server.set_option(tcp::no_delay{true});
        std::thread back{[&] {
            std::array<char, 4096> bytes;
            error_code ec;
            while (!ec) {
                const auto n = server.read_some(asio::buffer(bytes), ec);
                if (!ec)
                    asio::write(client, asio::buffer(bytes, n), ec);
            }
            client.shutdown(tcp::socket::shutdown_both, ec);
        }};
        std::array<char, 4096> bytes;
        error_code ec;
        while (!ec) {
            const auto n = client.read_some(asio::buffer(bytes), ec);
            for (std::size_t i = 0; i != n && !ec; ++i)
                asio::write(server, asio::buffer(bytes.data() + i, 1), ec);
        }
        server.shutdown(tcp::socket::shutdown_both, ec);
        back.join();
    }};
    {
        wss_client c{port};
        CHECK(c.open());
        c.subscribe({"chat:1"});
        t.w.hub().publish("chat:1", "n", 1);
        CHECK(c.next("n") == 1);
        c.close();
    }
    relay.join();
}

TEST_CASE("old versions, weak ciphers and other protocols are refused")
{
    tls_world t;
    t.serve();
    CHECK(tls_connection{t.w.port(), {.max_version = TLS1_2_VERSION}}.get("/healthz").result_int() == 200);
    CHECK_THROWS(tls_connection(t.w.port(), {.max_version = TLS1_1_VERSION}));
    CHECK_THROWS(tls_connection(t.w.port(), {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}));
    CHECK(failure_of([&] { tls_connection(t.w.port(), {.alpn = "h2"}); }).find("application protocol") !=
          std::string::npos);
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 3; }));
}

TEST_CASE("above the limit of handshakes the oldest makes way, and who speaks TLS gets in")
{
    tls_world t;
    t.serve({.handshake_timeout = 10min, .max_tls_handshakes = 3});
    asio::io_context context;
    std::vector<tcp::socket> idle;
    for (int i = 0; i != 4; ++i)
        idle.emplace_back(context).connect({asio::ip::address_v4::loopback(), t.w.port()});
    const auto ended = [](tcp::socket& socket) {
        std::array<char, 64> bytes;
        error_code ec;
        socket.non_blocking(true);
        socket.read_some(asio::buffer(bytes), ec);
        return ec == asio::error::eof || ec == asio::error::connection_reset;
    };
    CHECK(eventually([&] { return ended(idle[0]); }));
    CHECK(tls_connection{t.w.port(), {}}.get("/healthz").result_int() == 200);
    CHECK(eventually([&] { return ended(idle[1]); }));
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 2; }));
    CHECK_FALSE(ended(idle[2]));
    CHECK_FALSE(ended(idle[3]));

    // What is done with its handshake is not among them.
    wss_client connected{t.w.port()};
    connected.subscribe({"chat:1"});
    for (int i = 0; i != 4; ++i)
        idle.emplace_back(context).connect({asio::ip::address_v4::loopback(), t.w.port()});
    CHECK(eventually([&] { return ended(idle[4]); }));
    t.w.hub().publish("chat:1", "n", 1);
    CHECK(connected.next("n") == 1);
}
