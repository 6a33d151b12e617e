// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Server-Sent Events: who gets in, and how a stream ends.
#include "http/events_support.hpp"

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::events;

TEST_CASE("events: a HEAD request gets a head, and the next answer is where the client looks for it")
{
    events_world w;
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), w.port()});
    beast::flat_buffer buffer;
    for (const auto method : {http::verb::head, http::verb::get}) {
        http::request<http::empty_body> request{method, "/healthz", 11};
        request.set(http::field::host, "localhost");
        http::write(socket, request);
        http::response_parser<http::string_body> answer;
        answer.skip(method == http::verb::head);
        http::read(socket, buffer, answer);
        CHECK(answer.get().result_int() == 200);
        CHECK(answer.get()[http::field::content_length] == "15");
    }
}

TEST_CASE("events: the same doors and limits as for WebSockets")
{
    memory_ticket_store tickets;
    world w{{.max_connections_per_user = 1}};
    w.serve({.authenticate = ticket_authenticator{tickets}});
    CHECK(event_client{w.port()}.head().result_int() == 401);
    CHECK(event_client{w.port(), "?ticket=wrong"}.head().result_int() == 401);
    std::promise<std::string> issued;
    tickets.async_issue({.user_id = "ali"}, 30s, "",
                        [&](error_code, std::string t) { issued.set_value(std::move(t)); });
    const auto ticket = issued.get_future().get();
    event_client c{w.port(), "?ticket=" + ticket};
    CHECK(c.next("connected").at("user_id").as_string() == "ali");
    CHECK(event_client{w.port(), "?ticket=" + ticket}.head().result_int() == 401); // once only
    std::promise<std::string> second;
    tickets.async_issue({.user_id = "ali"}, 30s, "",
                        [&](error_code, std::string t) { second.set_value(std::move(t)); });
    const auto refused = event_client{w.port(), "?ticket=" + second.get_future().get()};
    CHECK(refused.head().result_int() == 429);
    CHECK(json::parse(refused.head().body()).at("error").at("code").as_string() == "too_many_connections");
    c.drop();
    CHECK(eventually([&] { return w.hub().stats().connections == 0; }));
}

TEST_CASE("events: pages of other origins only where they may")
{
    world w;
    w.serve({.origins = {"https://app.example"}});
    const auto from = [&](std::string origin) {
        return event_client{w.port(), "", "", {{"Origin", std::move(origin)}}};
    };
    const auto allowed = from("https://app.example");
    CHECK(allowed.head().result_int() == 200);
    CHECK(allowed.head()[http::field::access_control_allow_origin] == "https://app.example");
    const auto refused = from("https://evil.example");
    CHECK(refused.head().result_int() == 403);
    CHECK(refused.head()[http::field::access_control_allow_origin].empty());
}

TEST_CASE("events: a bad request is answered with what is wrong")
{
    events_world w;
    const auto why = [&](const std::string& query, const std::string& id = {}) {
        const event_client c{w.port(), query, id};
        CHECK(c.head().result_int() == 400);
        return std::string{json::parse(c.head().body()).at("error").at("message").as_string()};
    };
    CHECK(why("?last=0").starts_with("last"));
    CHECK(why("?last=x").starts_with("last"));
    CHECK(why("?rooms=chat:1", "nonsense").starts_with("Last-Event-ID"));
    std::string rooms;
    for (int i = 0; i != 100; ++i)
        rooms += "chat:" + std::to_string(1'000'000 + i) + ",";
    CHECK(why("?rooms=" + rooms).starts_with("rooms"));
    event_client off{w.port(), "?rooms=,,chat:1,"};
    CHECK(off.head().result_int() == 200);
    CHECK(w.hub().stats().refused == 4);
}

TEST_CASE("events: the end of a stream says why, and how long to wait")
{
    events_world w;
    event_client c{w.port(), "?user=ali"};
    c.next("connected");
    w.hub().disconnect_user("ali", close_code::disconnected, "enough");
    const auto last = c.read();
    REQUIRE(last);
    CHECK(last->name == "close");
    CHECK(last->message() == json::value{{"code", 3500}, {"reason", "enough"}});
    CHECK_FALSE(c.read());

    event_client d{w.port(), "?user=ali"};
    d.next("connected");
    auto down = w.hub().async_shutdown({}, asio::use_future);
    const auto shut = d.read();
    REQUIRE(shut);
    CHECK(shut->message().at("code") == 3001);
    CHECK_FALSE(d.retry().empty());
    CHECK_FALSE(d.read());
    down.get();
}

TEST_CASE("events: comments keep the stream alive, and a client needs no other sign of life")
{
    world w{{.ping_interval = 300ms, .idle_timeout = 2000ms}};
    w.serve();
    event_client c{w.port(), "?user=ali"};
    c.next("connected");
    const auto end = std::chrono::steady_clock::now() + 3s; // longer than the time-out
    for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
        w.hub().send_to_user("ali", "n", json::value(i));
        c.next("n");
        if (c.comments() < 3)
            std::this_thread::sleep_for(50ms); // leaves it room for comments
    }
    CHECK(c.comments() > 0);
    CHECK(w.hub().stats().connections == 1);
}

TEST_CASE("events: a reader that takes nothing is a slow receiver like any other")
{
    world w{{.outbox_messages = 64}};
    w.hub().configure("ticks:", {.overflow = overflow_policy::drop_oldest});
    w.serve();
    event_client c{w.port(), "?rooms=ticks:1"};
    c.next("connected");
    c.next("subscribed");
    const json::value big(std::string(16 * 1024, 'x'));
    int sent = 0;
    REQUIRE(eventually([&] {
        for (int i = 0; i != 20; ++i, ++sent)
            REQUIRE(w.hub().publish("ticks:1", "n", big));
        return w.hub().stats().dropped != 0;
    }));
    REQUIRE(w.hub().publish("ticks:1", "end", json::value(sent)));
    int got = 0;
    std::int64_t told = 0;
    for (auto m = c.next(); m.at("type").as_string() != "end"; m = c.next()) {
        if (m.at("type").as_string() == "gap")
            told += m.at("payload").at("dropped").as_int64();
        else
            ++got;
    }
    CHECK(told != 0);
    CHECK(got + told == sent);
}

TEST_CASE("events: what an event client sends on its connection harms nobody")
{
    events_world w;
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), w.port()});
    asio::write(socket, asio::buffer(std::string{"GET /api/v1/sse?user=ali HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    const std::string junk(4096, '\x81');
    for (int i = 0; i != 50; ++i)
        asio::write(socket, asio::buffer(junk));
    socket.non_blocking(true);
    std::string got;
    const auto comes = [&](std::string_view text) {
        return eventually([&] {
            std::array<char, 4096> some;
            error_code ec;
            got.append(some.data(), socket.read_some(asio::buffer(some), ec));
            return got.find(text) != std::string::npos;
        });
    };
    REQUIRE(comes("\"type\":\"connected\"")); // it is in its user's room now
    CHECK(w.hub().send_to_user("ali", "n", json::value(1)));
    CHECK(comes("\"type\":\"n\""));
    CHECK(w.hub().stats().protocol_errors == 0);
}

TEST_CASE("events: a hub of raw messages has no events, and a server may turn them off")
{
    world raw;
    raw.hub().on_raw([](raw_connection& c, std::string_view data, bool binary) { c.send(data, binary); });
    raw.serve();
    CHECK(event_client{raw.port()}.head().result_int() == 400);
    world off;
    off.serve({.events = false});
    CHECK(event_client{off.port()}.head().result_int() == 405);
}

TEST_CASE("events: an application's own HTTP server hands a stream over, of any kind")
{
    world w;
    w.hub().configure("chat:", {.history = 10});
    w.run();
    beast::test::stream ours{w.context().get_executor()};
    beast::test::stream theirs{w.context().get_executor()};
    ours.connect(theirs);
    http::request<http::string_body> request{http::verb::get, "/anything?rooms=chat:1", 11};
    request.set(http::field::host, "localhost");
    w.hub().accept_events(std::move(ours), request, {.user_id = "ali"});
    const auto text = [&] { return std::string{theirs.str()}; };
    REQUIRE(eventually([&] {
        return w.hub().stats().rooms == 2 && w.hub().publish("chat:1", "n", json::value(1)).local_receivers == 1;
    }));
    asio::post(w.context(), [] {});
    REQUIRE(eventually([&] {
        std::promise<std::string> now;
        asio::post(w.context(), [&] { now.set_value(text()); });
        return now.get_future().get().find("\"payload\":1") != std::string::npos;
    }));
}
