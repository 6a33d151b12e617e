// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who is in a room: requests, and join and leave events.
#include "presence/hub_support.hpp"

#include <set>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::presence_of_hubs;

TEST_CASE("a client sees who is in its room, as connections and as users")
{
    chat_world s{{}, leaving_after(20ms), 2};
    member a1{s.port(), "alice"};
    member a2{s.port(), "alice", false};
    member b{s.port(), "bob"};
    client nobody{s.port()};
    nobody.subscribe({"chat:1"});
    REQUIRE(s.counts("chat:1", 4));
    const auto answer = ask(a1, {{"room", "chat:1"}});
    CHECK(answer.at("type") == "presence");
    const auto& payload = answer.at("payload");
    CHECK(payload.at("room") == "chat:1");
    CHECK(payload.at("client_count") == 4);
    CHECK(payload.at("user_count") == 2);
    CHECK(users_in(answer) == users{{"alice", 2}, {"bob", 1}});
    std::set<std::string> ids;
    for (const auto& one : payload.at("clients").as_array())
        ids.insert(one.at("connection_id").as_string().c_str());
    CHECK(ids == std::set<std::string>{a1.id(), a2.id(), b.id(), nobody.id()});
    const auto some = ask(b, {{"room", "chat:1"}, {"limit", 1}});
    CHECK(some.at("payload").at("clients").as_array().size() == 1);
    CHECK(some.at("payload").at("client_count") == 4);
}

TEST_CASE("the room may stand in the envelope, and who has just joined sees itself")
{
    chat_world s{{}, leaving_after(20ms), 2};
    for (int i = 0; i != 20; ++i) {
        client c{s.port(), "alice"};
        c.subscribe({"chat:" + std::to_string(i)});
        c.send({{"type", "presence"}, {"room", "chat:" + std::to_string(i)}});
        auto m = c.next();
        if (m.at("type") == "join")
            m = c.next();
        CHECK(m.at("type") == "presence");
        CHECK(m.at("payload").at("user_count") == 1);
    }
}

TEST_CASE("a user's second connection makes no second join, and an anonymous one none at all")
{
    chat_world s{{}};
    member watcher{s.port(), "watcher"};
    member a1{s.port(), "alice"};
    CHECK(next_event(watcher) == "join alice");
    member a2{s.port(), "alice", false};
    client nobody{s.port()};
    nobody.subscribe({"chat:1"});
    REQUIRE(s.counts("chat:1", 4));
    CHECK(events_at(watcher).empty());
    CHECK(events_at(a1).empty());
}

TEST_CASE("a user has left a room when the last connection has, and the delay is over")
{
    chat_world s{{}, leaving_after(300ms)};
    member watcher{s.port(), "watcher"};
    member a1{s.port(), "alice"};
    member a2{s.port(), "alice", false};
    CHECK(next_event(watcher) == "join alice");
    a1.close();
    REQUIRE(s.counts("chat:1", 2));
    CHECK(events_at(watcher).empty());
    const auto before = std::chrono::steady_clock::now();
    a2.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    CHECK(next_event(watcher) == "leave alice");
    CHECK(std::chrono::steady_clock::now() - before >= 290ms);
    CHECK(s.who("chat:1").client_count == 1);
}

TEST_CASE("a reload of the page, or a room left and joined again, makes no events")
{
    memory_presence store;
    chat_world s{store, leaving_after(3s)};
    member watcher{s.port(), "watcher"};
    member a1{s.port(), "alice"};
    CHECK(next_event(watcher) == "join alice");
    a1.close();
    member a2{s.port(), "alice", false};
    a2.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    a2.next("unsubscribed");
    a2.subscribe({"chat:1"});
    REQUIRE(s.counts("chat:1", 2)); // the first connection's delay is over
    CHECK(events_at(watcher).empty());
    CHECK(events_at(a2).empty());
    CHECK(s.who("chat:1").user_count == 2);
}

TEST_CASE("presence is refused by name where there is none, or where one may not look")
{
    chat_world s{{}};
    client c{s.port(), "alice"};
    c.subscribe({"group:1"});
    CHECK(refusal_of(c, {{"room", "group:1"}}) == "forbidden"); // no such option
    CHECK(refusal_of(c, {{"room", "chat:1"}}) == "forbidden");  // not a member
    CHECK(refusal_of(c, {{"room", "nowhere:1"}}) == "unknown_room");
    CHECK(refusal_of(c, {{"room", "bad room"}}) == "invalid_room");
    CHECK(refusal_of(c, {{"room", 7}}) == "invalid_message");
    CHECK(refusal_of(c, {{"limit", 7}}) == "invalid_message");
    CHECK(refusal_of(c, {{"room", "chat:1"}, {"limit", 0}}) == "invalid_message");
    CHECK(refusal_of(c, {{"room", "chat:1"}, {"limit", "all"}}) == "invalid_message");
    for (const auto* room : {"group:1", "nowhere:1"})
        CHECK_THROWS_AS(s.who(room), boost::system::system_error);
    CHECK(s.who("chat:1").client_count == 0); // the application may always look
}

TEST_CASE("the authorizer decides who sees who is in a room")
{
    world w;
    w.hub().configure("chat:", {.presence = true});
    w.hub().authorize(
        [](const access_request& r) { return r.action != room_action::presence || r.who.user_id == "moderator"; });
    w.serve();
    client alice{w.port(), "alice"};
    alice.subscribe({"chat:1"});
    client moderator{w.port(), "moderator"};
    CHECK(refusal_of(alice, {{"room", "chat:1"}}) == "forbidden");
    CHECK(ask(moderator, {{"room", "chat:1"}}).at("payload").at("client_count") == 1);
}

TEST_CASE("rooms without the option cost the store nothing")
{
    memory_presence store;
    chat_world s{store};
    client c{s.port(), "alice"};
    c.subscribe({"group:1"});
    CHECK(c.drain().empty());
    CHECK(store.rooms() == 0);
}

TEST_CASE("what a credential says as info is shown, unless it is too long")
{
    server_options o;
    o.authenticate = [](const handshake_request& r) {
        const auto user = r.query("user").value_or("");
        json::object claims{{"role", "secret"}};
        claims["info"] =
            user == "long" ? json::value(std::string(1100, 'x')) : json::value{{"name", "Al"}, {"n", 1}};
        return auth_result{identity{.user_id = user, .claims = claims}};
    };
    chat_world s{{}, leaving_after(20ms), 1, {}, std::move(o)};
    member a{s.port(), "alice"};
    member l{s.port(), "long"};
    REQUIRE(s.counts("chat:1", 2));
    const auto answer = ask(a, {{"room", "chat:1"}});
    for (const auto& one : answer.at("payload").at("clients").as_array()) {
        const auto* info = one.as_object().if_contains("info");
        if (one.at("user_id") == "long")
            CHECK(info == nullptr);
        else
            CHECK((info && *info == json::value{{"name", "Al"}, {"n", 1}}));
    }
    CHECK(text_of(answer).find("secret") == std::string::npos);
}

TEST_CASE("two hubs that share a store are one audience")
{
    const in_process_bus bus;
    const memory_presence store;
    chat_world one{store, leaving_after(20ms), 2, bus};
    chat_world two{store, leaving_after(20ms), 1, bus};
    member watcher{one.port(), "watcher"};
    member a1{one.port(), "alice"};
    CHECK(next_event(watcher) == "join alice");
    member a2{two.port(), "alice", false};
    member b{two.port(), "bob"};
    CHECK(next_event(watcher) == "join bob");
    const auto answer = ask(watcher, {{"room", "chat:1"}});
    CHECK(users_in(answer) == users{{"watcher", 1}, {"alice", 2}, {"bob", 1}});
    a1.close();
    REQUIRE(two.counts("chat:1", 3));
    CHECK(events_at(watcher).empty());
    a2.close();
    CHECK(next_event(watcher) == "leave alice");
    b.close();
    CHECK(next_event(watcher) == "leave bob");
}

TEST_CASE("who is in a room can be asked over HTTP, with the admin key")
{
    server_options o;
    o.api.admin_key = "key";
    chat_world s{{}, leaving_after(20ms), 1, {}, std::move(o)};
    member a{s.port(), "alice"};
    const auto get = [&](const std::string& target, const std::string& key) {
        return http_get(s.port(), target, key);
    };
    const auto good = get("/api/v1/presence?room=chat%3A1", "key");
    CHECK(good.result_int() == 200);
    const auto body = json::parse(good.body());
    CHECK(body.at("room") == "chat:1");
    CHECK(body.at("user_count") == 1);
    CHECK(body.at("clients").at(0).at("connection_id").as_string() == a.id());
    CHECK(get("/api/v1/presence?room=chat:1", "other").result_int() == 401);
    CHECK(get("/api/v1/presence?room=group:1", "key").result_int() == 403);
    CHECK(get("/api/v1/presence?room=nowhere:1", "key").result_int() == 404);
    CHECK(get("/api/v1/presence", "key").result_int() == 400);
}
