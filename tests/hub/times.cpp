// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Time-outs, shutdown, and what is left when things are destroyed in mid-flight.
#include "support/world.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

hub_options brisk()
{
    return {.ping_interval = 100ms,
            .idle_timeout = 400ms,
            .write_timeout = 400ms,
            .close_timeout = 400ms,
            .message_rate = 0};
}

// A peer that does the handshake and then neither reads nor answers.
struct silent_peer {
    asio::io_context context{1};
    tcp::socket socket{context};

    explicit silent_peer(std::uint16_t port, std::string_view user = {})
    {
        socket.connect({asio::ip::address_v4::loopback(), port});
        const std::string request =
            "GET /api/v1/ws?user=" + std::string{user} +
            " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        asio::write(socket, asio::buffer(request));
    }
    // All that the server sends until it ends the connection.
    std::string read_all()
    {
        std::string all;
        bool finished = false;
        asio::async_read(socket, asio::dynamic_buffer(all),
                         [&finished](error_code, std::size_t) { finished = true; });
        context.run_for(patience);
        if (finished)
            return all;
        socket.close();
        context.restart();
        context.run_for(1s);
        throw std::runtime_error("the server did not end the connection");
    }
};

std::uint16_t last_close_code(const std::string& bytes, std::string_view reason)
{
    const auto at = bytes.rfind(reason);
    if (at == std::string::npos || at < 2)
        return 0;
    return static_cast<std::uint16_t>((static_cast<unsigned char>(bytes[at - 2]) << 8) |
                                      static_cast<unsigned char>(bytes[at - 1]));
}

} // namespace

TEST_CASE("a peer without a sign of life is closed with 3003 and one that pings stays")
{
    world w{brisk()};
    w.serve();
    client lively{w.port()};
    silent_peer dead{w.port()};
    // The lively one shows that it lives while this waits, too: on a busy machine that takes its time.
    REQUIRE(eventually([&] {
        lively.drain();
        return w.hub().stats().connections == 2;
    }));
    // Beast's client answers the server's pings whenever it reads.
    auto bytes = std::async(std::launch::async, [&] { return dead.read_all(); });
    while (w.hub().stats().closed == 0)
        lively.drain();
    CHECK(last_close_code(bytes.get(), "stale") == 3003);
    CHECK(w.hub().stats().idle_timeouts == 1);
    CHECK(lively.drain().empty());
}

TEST_CASE("a pong is a sign of life")
{
    world w{brisk()};
    w.serve();
    client c{w.port()};
    auto later = std::chrono::steady_clock::now() + 1200ms;
    // Reading is all that the client does until then.
    std::thread publisher{[&] {
        std::this_thread::sleep_until(later);
        w.hub().broadcast("late", json::value(1));
    }};
    CHECK_NOTHROW(c.next("late"));
    publisher.join();
    CHECK(w.hub().stats().idle_timeouts == 0);
}

TEST_CASE("a connection that comes to a hub idle for long is not stale")
{
    world w{brisk()};
    w.serve();
    {
        client first{w.port()};
        first.close();
    }
    REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
    // Time is the matter here: the hub's clock must not be older than the new connection.
    std::this_thread::sleep_for(1s);
    client c{w.port()};
    const auto until = std::chrono::steady_clock::now() + 150ms;
    while (std::chrono::steady_clock::now() < until)
        c.drain();
    CHECK(c.open());
    CHECK(w.hub().stats().idle_timeouts == 0);
    silent_peer quiet{w.port()};
    const auto began = std::chrono::steady_clock::now();
    quiet.read_all();
    CHECK(std::chrono::steady_clock::now() - began >= 300ms);
}

TEST_CASE("a client whose socket is full for longer than the time-out is not stale when it reads again")
{
    world w{
        {.ping_interval = 400ms, .idle_timeout = 2000ms, .write_timeout = 20s, .outbox_bytes = 64 * 1024 * 1024}};
    w.serve();
    client slow{w.port(), slow_reader()};
    slow.subscribe({"global"});
    const json::value big(std::string(64 * 1024, 'x'));
    int sent = 0;
    for (; w.hub().stats().short_writes == 0; ++sent)
        REQUIRE(w.hub().room("global").publish("n", big));
    std::this_thread::sleep_for(3s); // time is the matter here
    CHECK(w.hub().stats().idle_timeouts == 0);
    for (; sent != 0; --sent)
        slow.next("n");
    CHECK(slow.drain().empty());
    CHECK(w.hub().stats().idle_timeouts == 0);
}

TEST_CASE("a client that never reads is dropped at the write deadline")
{
    auto o = brisk();
    o.ping_interval = 5s;
    o.idle_timeout = 30s;
    o.outbox_bytes = 64 * 1024 * 1024;
    world w{o};
    w.serve();
    client stuck{w.port(), slow_reader()};
    client fine{w.port()};
    stuck.subscribe({"global"});
    fine.subscribe({"global"});
    const json::value big(std::string(64 * 1024, 'x'));
    while (w.hub().stats().short_writes == 0) {
        REQUIRE(w.hub().room("global").publish("n", big));
        fine.next("n");
    }
    CHECK(eventually([&] { return w.hub().stats().write_timeouts == 1; }));
    CHECK(eventually([&] { return w.hub().stats().connections == 1; }));
    CHECK(fine.drain().empty());
}

TEST_CASE("an identity that expires ends the connection with 3002")
{
    world w{brisk()};
    w.serve({.authenticate = [](const handshake_request&) {
        return auth_result{identity{.user_id = "a", .expires_at = std::chrono::system_clock::now() + 300ms}};
    }});
    const auto began = std::chrono::steady_clock::now();
    client c{w.port()};
    CHECK(c.closed() == 3002);
    CHECK(std::chrono::steady_clock::now() - began >= 200ms);
}

TEST_CASE("shutdown tells every client when to come back and then completes")
{
    world w{{}, 2};
    w.serve();
    client a{w.port()};
    client b{w.port()};
    client c{w.port()};
    auto done = w.server().async_shutdown({.reconnect_spread = 1000ms, .deadline = 10s}, asio::use_future);
    for (auto* one : {&a, &b, &c}) {
        CHECK(one->closed() == 3001);
        const auto reason = json::parse(one->close_reason());
        CHECK(reason.at("reason").as_string() == "shutdown");
        CHECK(reason.at("delay_ms").as_int64() >= 0);
        CHECK(reason.at("delay_ms").as_int64() < 1000);
    }
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
    CHECK(w.hub().stats().connections == 0);
    CHECK(w.hub().publish("global", "t", json::value(1)).error == error::shutting_down);
    CHECK_THROWS(client{w.port()});
}

TEST_CASE("shutdown of a hub without connections completes")
{
    world w{{}, 2};
    w.serve();
    auto done = w.hub().async_shutdown({}, asio::use_future);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
}

TEST_CASE("each of two shutdowns at once completes")
{
    world w;
    w.serve();
    client c{w.port()};
    auto one = w.hub().async_shutdown({}, asio::use_future);
    auto two = w.hub().async_shutdown({}, asio::use_future);
    CHECK(c.closed() == 3001);
    CHECK(one.wait_for(patience) == std::future_status::ready);
    CHECK(two.wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a stalled client is cut at the deadline of the shutdown")
{
    world w{{.close_timeout = 60s}};
    w.serve();
    silent_peer stalled{w.port()};
    client fine{w.port()};
    REQUIRE(eventually([&] { return w.hub().stats().connections == 2; }));
    auto done = w.hub().async_shutdown({.deadline = 500ms}, asio::use_future);
    CHECK(fine.closed() == 3001);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_THROWS_AS(done.get(), boost::system::system_error);
    CHECK(w.hub().stats().connections == 0);
}

TEST_CASE("a hub that is destroyed closes its connections with 1001")
{
    world w;
    w.serve();
    client c{w.port()};
    auto room = w.hub().room("global");
    c.subscribe({"global"});
    w.destroy_server();
    w.destroy_hub();
    CHECK(c.closed() == 1001);
    CHECK(room.publish("t", 1).error == error::shutting_down);
}

TEST_CASE("the io_context is destroyed in mid-flight")
{
    std::optional<client> reader;
    std::optional<client> stuck;
    {
        world w{{.outbox_bytes = 64 * 1024 * 1024}};
        w.serve();
        reader.emplace(w.port());
        stuck.emplace(w.port(), slow_reader());
        reader->subscribe({"global"});
        stuck->subscribe({"global"});
        const auto room = w.hub().room("global");
        for (int i = 0; i != 100; ++i)
            REQUIRE(room.publish("n", json::value(std::string(32 * 1024, 'x'))));
        silent_peer handshaking{w.port()};
        w.stop(); // with outboxes full, reads and timers pending
        CHECK(room.publish("n", 1));
    }
    CHECK_NOTHROW(reader->closed());
}

TEST_CASE("connections outlive the hub and end with the io_context")
{
    asio::io_context context{1};
    std::optional<hub<>> h{std::in_place, context.get_executor()};
    std::optional<server> s{std::in_place, *h, server_options{.address = "127.0.0.1", .port = 0}};
    std::thread runner{[&] { context.run(); }};
    std::optional<client> c{s->port()};
    c->drain(); // it has begun in full
    s.reset();
    h.reset();
    CHECK(c->closed() == 1001);
    c.reset();
    runner.join(); // nothing is left to do: the context runs out by itself
}

TEST_CASE("times that no clock can hold are refused, or as good as never")
{
    constexpr auto forever = std::chrono::milliseconds::max();
    CHECK_THROWS_AS(world{hub_options{.idle_timeout = forever}}, std::invalid_argument);
    CHECK_THROWS_AS(world{hub_options{.write_timeout = forever}}, std::invalid_argument);
    CHECK_THROWS_AS(world{hub_options{.resume_window = forever}}, std::invalid_argument);
    const std::chrono::milliseconds year = std::chrono::hours{24 * 365};
    world w{{.ping_interval = year - 1h,
             .idle_timeout = year,
             .write_timeout = 80ms,
             .message_rate = 0}}; // its clock ticks every 10 ms
    server_options how;
    how.authenticate = [](const handshake_request&) {
        identity who;
        who.expires_at = std::chrono::system_clock::time_point::max();
        return auth_result{who};
    };
    w.serve(std::move(how));
    client c{w.port()};
    for (const auto until = std::chrono::steady_clock::now() + 200ms; std::chrono::steady_clock::now() < until;)
        CHECK(c.drain().empty());
    auto ended = w.hub().async_shutdown({.deadline = forever}, asio::use_future);
    CHECK(c.closed() == static_cast<unsigned>(close_code::shutdown));
    ended.get();
}
