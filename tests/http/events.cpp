// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Server-Sent Events: the second way for clients to get their rooms' messages.
#include "http/events_support.hpp"

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::events;

TEST_CASE("events: a browser's EventSource gets the rooms that its address names")
{
    events_world w;
    event_client c{w.port(), "?user=ali&rooms=global,chat:1,nowhere:1"};
    CHECK(c.head().result_int() == 200);
    CHECK(c.head()[http::field::content_type] == "text/event-stream");
    CHECK(c.head()[http::field::cache_control] == "no-store");
    CHECK(c.head()["X-Accel-Buffering"] == "no");
    const auto hello = c.next("connected");
    CHECK(hello.at("user_id").as_string() == "ali");
    const auto told = c.next("subscribed");
    CHECK(told.at("rooms") == json::array{"chat:1", "global"});
    CHECK(told.at("rejected").as_array().at(0).at("room").as_string() == "nowhere:1");
    CHECK(w.hub().publish("global", "n", json::value(1)).local_receivers == 1);
    CHECK(until(c, 1) == counting(1, 1));
    w.hub().send_to_user("ali", "n", json::value(2));
    CHECK(until(c, 2) == counting(2, 2));
    w.hub().broadcast("n", json::value(3));
    CHECK(until(c, 3) == counting(3, 3));
    CHECK(w.hub().stats().connections == 1);
}

TEST_CASE("events: WebSocket and event clients of one room get the same envelopes")
{
    events_world w;
    client socket{w.port(), "ali"};
    socket.subscribe({"chat:1"});
    event_client events{w.port(), "?rooms=chat:1"};
    events.next("connected");
    events.next("subscribed");
    socket.send(
        {{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "say"}, {"payload", "hi\n\"you\""}}}});
    const auto one = socket.read();
    const auto two = events.read();
    REQUIRE((one && two));
    CHECK(*one == two->data);
    CHECK(two->name.empty());
}

TEST_CASE("events: with Last-Event-ID a client gets exactly what it missed, then live")
{
    events_world w;
    std::string id;
    {
        event_client c{w.port(), "?user=ali&rooms=chat:1,chat:2"};
        c.next("connected");
        c.next("subscribed");
        CHECK_FALSE(c.last_id().empty()); // nothing came yet, and still it can return
        w.publish("chat:1", 1, 3);
        CHECK(until(c, 3) == counting(1, 3));
        w.publish("chat:2", 4, 5);
        CHECK(until(c, 5) == counting(4, 5));
        id = c.last_id();
    }
    w.publish("chat:1", 11, 20);
    w.publish("chat:2", 21, 30);
    for (auto i = 31; i <= 33; ++i)
        w.hub().send_to_user("ali", "n", json::value(i));
    event_client c{w.port(), "?user=ali&rooms=chat:1,chat:2", id};
    c.next("connected");
    const auto told = c.next("subscribed");
    for (const char* room : {"chat:1", "chat:2", "user:ali"})
        CHECK(told.at("recovered").at(room).at("recovered") == true);
    std::vector<std::int64_t> all;
    for (auto i = 0; i != 23; ++i)
        all.push_back(c.next("n").as_int64());
    std::sort(all.begin(), all.end());
    CHECK(all == counting(11, 33));
    w.publish("chat:1", 40, 41);
    CHECK(until(c, 41) == counting(40, 41));
}

TEST_CASE("events: a stream that is cut again and again loses nothing and repeats nothing")
{
    events_world w{{}, {.history = 1000}};
    std::vector<std::int64_t> all;
    std::string id;
    int sent = 0;
    for (int round = 0; round != 20; ++round) {
        event_client c{w.port(), "?rooms=chat:1", id};
        c.next("connected");
        c.next("subscribed");
        w.publish("chat:1", sent + 1, sent + 10);
        sent += 10;
        for (int i = 0; i != 1 + round % 7; ++i)
            all.push_back(c.next("n").as_int64());
        id = c.last_id();
        c.drop();
    }
    event_client c{w.port(), "?rooms=chat:1", id};
    c.next("connected");
    c.next("subscribed");
    while (all.back() != sent)
        all.push_back(c.next("n").as_int64());
    CHECK(all == counting(1, sent));
}

TEST_CASE("events: what is no longer kept is told, never left out in silence")
{
    events_world w{{}, {.history = 5}};
    std::string id;
    {
        event_client c{w.port(), "?rooms=chat:1"};
        c.next("connected");
        c.next("subscribed");
        w.publish("chat:1", 1, 1);
        until(c, 1);
        id = c.last_id();
    }
    w.publish("chat:1", 2, 20);
    event_client c{w.port(), "?rooms=chat:1", id};
    c.next("connected");
    CHECK(c.next("subscribed").at("recovered").at("chat:1").at("recovered") == false);
    w.publish("chat:1", 21, 21);
    CHECK(until(c, 21) == counting(21, 21));
}

TEST_CASE("events: the newest messages come on joining, if asked for")
{
    events_world w;
    w.publish("chat:1", 1, 10);
    event_client c{w.port(), "?rooms=chat:1&last=3"};
    c.next("connected");
    c.next("subscribed");
    CHECK(until(c, 10) == counting(8, 10));
    const auto id = c.last_id();
    w.publish("chat:1", 11, 12);
    event_client again{w.port(), "?rooms=chat:1&last=3&last_event_id=" + id}; // as a page that was reloaded
    again.next("connected");
    again.next("subscribed");
    CHECK(until(again, 12) == counting(11, 12)); // its place is known now
}

TEST_CASE("events: the client speaks by POST, and is answered on its stream")
{
    events_world w;
    w.hub().configure("chat:", {.client_publish = true, .history = 10});
    event_client c{w.port(), "?user=ali"};
    const auto hello = c.next("connected");
    const auto ask = [&](const json::value& message) { return say(w.port(), hello, message); };
    CHECK(ask({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}}}, {"request_id", 7}}) == 202);
    CHECK(c.next("subscribed").at("rooms") == json::array{"chat:1"});
    CHECK(ask({{"type", "publish"},
               {"room", "chat:1"},
               {"payload", {{"type", "n"}, {"payload", 1}}},
               {"request_id", 8}}) == 202);
    std::vector<std::string> types;
    for (int i = 0; i != 2; ++i)
        types.emplace_back(c.next().at("type").as_string());
    std::sort(types.begin(), types.end());
    CHECK(types == std::vector<std::string>{"n", "published"});
    CHECK(ask({{"type", "history"}, {"payload", {{"room", "chat:1"}, {"limit", 5}}}, {"request_id", 9}}) == 202);
    CHECK(c.next("history").at("messages").as_array().size() == 1);
    CHECK(ask({{"type", "nonsense"}, {"request_id", 10}}) == 202);
    CHECK(c.next("error").at("code").as_string() == "unknown_type");
    CHECK(ask({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}}) == 202);
    CHECK(c.next("unsubscribed").at("left") == json::array{"chat:1"});
}

TEST_CASE("events: a world that goes while posts are under way between its threads takes them with it")
{
    world w{{}, 2};
    w.serve();
    std::vector<std::unique_ptr<event_client>> streams;
    std::string posts;
    for (int i = 0; i != 4; ++i) {
        streams.push_back(std::make_unique<event_client>(w.port()));
        const json::value body{{"session", streams.back()->next("connected").at("session")},
                               {"message", {{"type", "ping"}}}};
        const auto text = json::serialize(body);
        posts += "POST /api/v1/sse HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(text.size()) +
                 "\r\n\r\n" + text;
    }
    asio::io_context context;
    std::vector<tcp::socket> speakers;
    for (int i = 0; i != 20; ++i) {
        speakers.emplace_back(context).connect({asio::ip::address_v4::loopback(), w.port()});
        asio::write(speakers.back(), asio::buffer(posts));
    }
    REQUIRE(eventually([&] { return w.hub().stats().received != 0; }));
    w.stop();
}

TEST_CASE("events: a client that posts too much is limited as on a WebSocket")
{
    world w{{.message_rate = 1, .message_burst = 2}};
    w.serve();
    event_client c{w.port()};
    const auto hello = c.next("connected");
    for (int i = 0; i != 10; ++i)
        CHECK(say(w.port(), hello, {{"type", "ping"}}) == 202);
    std::string last;
    while (last != "error")
        last = std::string{c.next().at("type").as_string()};
    CHECK(w.hub().stats().rate_limited != 0);
}

TEST_CASE("events: nobody speaks for another client")
{
    events_world w;
    event_client c{w.port(), "?user=ali"};
    const std::string session{c.next("connected").at("session").as_string()};
    const auto post = [&](const json::value& body) {
        const auto answer = post_event(w.port(), json::serialize(body), "text/plain");
        return std::pair{answer.result_int(), answer.body()};
    };
    const json::value ping{{"type", "ping"}};
    CHECK(session.size() == 64);
    for (const auto& wrong : {session.substr(0, 32), session.substr(0, 63), session + "x",
                              session.substr(0, 32) + std::string(32, 'A'), std::string(64, '0'), std::string{"x"},
                              session.substr(32)})
        CHECK(post({{"session", wrong}, {"message", ping}}).first == 404);
    CHECK(post({{"session", session}}).first == 400);
    CHECK(post({{"message", ping}}).first == 400);
    CHECK(post({{"session", session}, {"message", "ping"}}).first == 400);
    CHECK(post_event(w.port(), "{").result_int() == 400);
    CHECK(post({{"session", session}, {"message", {{"type", std::string(9000, 'x')}}}}).first == 413);
    client socket{w.port(), "bob"};
    CHECK(post({{"session", socket.id() + std::string(32, 'A')}, {"message", ping}}).first == 404);
    CHECK(post({{"session", socket.id()}, {"message", ping}}).first == 404);
    CHECK(post({{"session", session}, {"message", ping}}).first == 202);
    c.next("pong");
    CHECK(c.head()[http::field::access_control_allow_origin].empty());
}

TEST_CASE("events: what a client asks by POST while it is still waiting loses nothing when the link breaks")
{
    events_world w;
    std::vector<access_done> held; // touched on the shard only; goes first, since it keeps the hub
    w.hub().authorize([&held](const access_request& asked, access_done done) {
        asked.room == "chat:slow" ? held.push_back(std::move(done)) : done(true);
    });
    std::string id;
    {
        event_client c{w.port(), "?user=ali"};
        c.next("connected");
        w.hub().send_to_user("ali", "n", json::value(1));
        CHECK(until(c, 1) == counting(1, 1));
        id = c.last_id();
    }
    w.hub().send_to_user("ali", "n", json::value(2)); // missed
    {
        event_client c{w.port(), "?user=ali&rooms=chat:slow", id};
        const auto hello = c.next("connected");
        CHECK(say(w.port(), hello, {{"type", "subscribe"}, {"payload", {{"rooms", {"chat:2"}}}}}) == 202);
        CHECK(c.next("subscribed").at("rooms") == json::array{"chat:2"});
        w.hub().send_to_user("ali", "n", json::value(3));
        CHECK(until(c, 3) == counting(3, 3));
        if (!c.last_id().empty())
            id = c.last_id();
    }
    event_client c{w.port(), "?user=ali", id};
    c.next("connected");
    c.next("subscribed");
    CHECK(until(c, 3) == counting(2, 3));
}
