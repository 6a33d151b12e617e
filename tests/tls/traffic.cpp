// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a server with TLS sends and receives.
#include "tls/tls_world.hpp"

#include <boost/asio/write.hpp>

#include <array>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a WebSocket over TLS gets what is published, in order, one at a time and in bursts")
{
    tls_world t{{}, GENERATE(1U, 2U)};
    t.serve();
    client_tls careful{.ca_file = t.authority.ca_file()};
    wss_client alice{t.w.port(), {.target = "/api/v1/ws?user=alice"}, careful};
    REQUIRE(alice.open());
    wss_client bob{t.w.port(), {}, careful};
    alice.subscribe({"chat:1"});
    bob.subscribe({"chat:1"});
    for (int i = 0; i != 20; ++i) {
        t.w.hub().publish("chat:1", "n", i);
        CHECK(alice.next("n") == i);
        CHECK(bob.next("n") == i);
    }
    const std::string filling(300, 'x');
    for (int i = 0; i != 2000; ++i)
        t.w.hub().publish("chat:1", "burst", {{"i", i}, {"filling", filling}});
    for (int i = 0; i != 2000; ++i) {
        CHECK(alice.next("burst").at("i") == i);
        CHECK(bob.next("burst").at("i") == i);
    }
    // From the client, too, and a message of many records.
    alice.send({{"type", "ping"}, {"request_id", "r"}});
    CHECK(alice.next().at("request_id") == "r");
    const std::string large(200'000, 'y');
    t.w.hub().publish("chat:1", "large", large);
    CHECK(alice.next("large").as_string() == large);
    CHECK(bob.next("large").as_string() == large);
    alice.close();
    CHECK(eventually([&] { return t.w.hub().stats().connections == 1; }));
    const auto stats = t.w.hub().stats();
    CHECK(stats.tls_handshakes == 2);
    CHECK(stats.tls_failed == 0);
}

TEST_CASE("a slow receiver over TLS has its messages, or is told what it lacks")
{
    tls_world t{{.outbox_bytes = 1024 * 1024, .outbox_messages = 16}};
    t.w.hub().configure("drop:", {.overflow = overflow_policy::drop_oldest});
    t.serve();
    wss_client slow{t.w.port(), {.receive_buffer = 4096}};
    slow.subscribe({"drop:1"});
    const std::string filling(20'000, 'x');
    constexpr int count = 1000;
    for (int i = 0; i != count; ++i)
        t.w.hub().publish("drop:1", "n", {{"i", i}, {"filling", filling}});
    REQUIRE(eventually([&] { return t.w.hub().stats().dropped != 0; }));
    int next = 0;
    int gaps = 0;
    while (next != count) {
        const auto message = slow.next();
        const auto& payload = message.at("payload");
        if (message.at("type") == "gap") {
            ++gaps;
            next += static_cast<int>(payload.at("dropped").to_number<int>());
            continue;
        }
        REQUIRE(payload.at("i") == next);
        CHECK(payload.at("filling").as_string() == filling);
        ++next;
    }
    CHECK(gaps != 0);
}

TEST_CASE("HTTP and event streams over TLS")
{
    tls_world t;
    t.serve();
    tls_connection c{t.w.port(), {.ca_file = t.authority.ca_file(), .alpn = "http/1.1"}};
    CHECK(c.alpn() == "http/1.1");
    CHECK(c.get("/healthz").result_int() == 200);
    CHECK(c.get("https://localhost/healthz").result_int() == 200);
    // RFC 9110 section 7.4: not what this connection is for.
    CHECK(tls_connection{t.w.port(), {}}.get("http://localhost/healthz").result_int() == 421);

    tls_connection events{t.w.port(), {}};
    asio::write(events.channel,
                asio::buffer(std::string{"GET /api/v1/sse?rooms=chat:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    std::string got;
    const auto read_until = [&](std::string_view what) {
        std::array<char, 4096> bytes;
        while (got.find(what) == std::string::npos)
            got.append(bytes.data(), events.channel.read_some(asio::buffer(bytes)));
    };
    read_until("\"subscribed\"");
    CHECK(got.starts_with("HTTP/1.1 200"));
    t.w.hub().publish("chat:1", "n", 42);
    read_until("\"payload\":42");
}

TEST_CASE("a request over TLS that is not complete in time gets 408")
{
    tls_world t;
    t.serve({.handshake_timeout = 500ms});
    tls_connection c{t.w.port(), {.ca_file = t.authority.ca_file()}};
    asio::write(c.channel, asio::buffer(std::string_view{"GET /healthz HTTP/1.1\r\nHost: local"}));
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    http::read(c.channel, buffer, answer);
    CHECK(answer.result_int() == 408);
    CHECK_FALSE(answer.keep_alive());
    error_code ec;
    std::array<char, 1> more;
    c.channel.read_some(asio::buffer(more), ec);
    CHECK(ec == asio::error::eof); // with a closure alert, not cut off
}

TEST_CASE("a client over TLS that nobody has accepted yet when the server stops is answered")
{
    tls_world t;
    server_options options;
    options.tls = t.tls;
    options.handshake_timeout = 1h;
    t.w.listen(std::move(options));
    asio::io_context context{1};
    asio::ssl::context trust{asio::ssl::context::tls_client};
    trust.load_verify_file(t.authority.ca_file());
    asio::ssl::stream<tcp::socket> stream{context, trust};
    stream.next_layer().connect({asio::ip::address_v4::loopback(), t.w.port()});
    error_code failed = asio::error::would_block;
    stream.async_handshake(asio::ssl::stream_base::client, [&failed](error_code ec) { failed = ec; });
    while (context.poll() != 0) { // its first message has been sent then
    }
    t.w.server().stop();
    t.w.run();
    context.run();
    REQUIRE_FALSE(failed);
    asio::write(stream, asio::buffer(std::string_view{"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    http::read(stream, buffer, answer);
    CHECK(answer.result_int() == 200);
    CHECK_FALSE(answer.keep_alive());
    error_code ec;
    std::array<char, 1> more;
    stream.read_some(asio::buffer(more), ec);
    CHECK(ec == asio::error::eof); // with a closure alert, not cut off
}

TEST_CASE("an idle connection over TLS is told its end when the server stops")
{
    tls_world t;
    t.serve();
    asio::io_context context{1};
    asio::ssl::context trust{asio::ssl::context::tls_client};
    trust.load_verify_file(t.authority.ca_file());
    asio::ssl::stream<tcp::socket> stream{context, trust};
    stream.next_layer().connect({asio::ip::address_v4::loopback(), t.w.port()});
    stream.handshake(asio::ssl::stream_base::client);
    asio::write(stream, asio::buffer(std::string_view{"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    http::read(stream, buffer, answer);
    CHECK(answer.result_int() == 200);
    t.w.server().stop();
    error_code ec;
    std::array<char, 1> more;
    stream.read_some(asio::buffer(more), ec);
    CHECK(ec == asio::error::eof); // with a closure alert, not cut off
}
