// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How many different rooms a connection may ask to enter.
#include "support/world.hpp"

#include <atomic>
#include <cstddef>
#include <string>

using namespace fanfare;
using namespace fanfare::test;

namespace {

json::array rooms(const std::string& prefix, std::size_t count)
{
    json::array all;
    for (std::size_t i = 0; i != count; ++i)
        all.emplace_back(prefix + std::to_string(i));
    return all;
}

void leave(client& c, const json::array& which)
{
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", which}}}});
    c.next("unsubscribed");
}

} // namespace

TEST_CASE("a client that enters and leaves made-up rooms without end is held up, and loses nothing else",
          "[room_rate]")
{
    world w{{.max_rooms = 40, .room_rate = 1, .room_burst = 10}};
    std::atomic<int> asked{0};
    w.hub().authorize([&](const access_request&) { return ++asked != 0; });
    w.hub().configure("chat:", {.client_publish = true});
    w.serve();
    client c{w.port()};
    const auto first = rooms("chat:a", 40);
    CHECK(c.subscribe(first).at("rooms").as_array().size() == 40);
    leave(c, rooms("chat:a", 39));
    // One of them it is in still. 10 more at once, and one a second.
    auto second = rooms("chat:b", 39);
    second.emplace_back("chat:a39");
    const auto answer = c.subscribe(second);
    const auto joined = answer.at("rooms").as_array().size();
    const auto& rejected = answer.at("rejected").as_array();
    CHECK(joined >= 11);
    CHECK(joined + rejected.size() == 40);
    REQUIRE(rejected.size() > 10); // unless the test has stood still for 20 s
    for (const auto& one : rejected)
        CHECK(one.at("code").as_string() == "rate_limited");
    CHECK(answer.at("rooms").as_array().back().as_string() == "chat:a39");
    CHECK(static_cast<std::size_t>(asked) == 40 + joined - 1); // nobody was asked about those
    // It is no offence, and all else goes on.
    c.send({{"type", "publish"}, {"room", "chat:a39"}, {"payload", {{"type", "n"}, {"payload", 7}}}});
    CHECK(c.next("n") == 7);
    CHECK(w.hub().stats().rate_limited == 0);
    CHECK(w.hub().stats().bad_messages == 0);
}

TEST_CASE("a client that was held up enters a room when it has waited", "[room_rate]")
{
    world w{{.max_rooms = 1, .room_rate = 4, .room_burst = 0, .message_rate = 0}};
    w.hub().configure("chat:", {});
    w.serve();
    client c{w.port()};
    c.subscribe({"chat:0"});
    for (int i = 1; i != 4; ++i) {
        leave(c, {"chat:" + std::to_string(i - 1)});
        CHECK(eventually(
            [&] { return c.subscribe({"chat:" + std::to_string(i)}).at("rejected").as_array().empty(); }));
    }
}

TEST_CASE("as many rooms as a connection may have are entered again at once, after a reconnect and after leaving",
          "[room_rate]")
{
    world w;
    w.hub().configure("chat:", {});
    w.serve();
    const auto some = rooms("chat:a", 128);
    const auto others = rooms("chat:b", 128);
    client before{w.port(), "ann"};
    CHECK(before.subscribe(some).at("rooms").as_array().size() == 128);
    leave(before, some);
    CHECK(before.subscribe(others).at("rooms").as_array().size() == 128);
    const std::string token = before.hello.at("resume_token").as_string().c_str();
    before.close();
    client after{w.port(), "ann"};
    after.send({{"type", "subscribe"}, {"payload", {{"resume", token}}}});
    CHECK(after.next("subscribed").at("rooms").as_array().size() == 128);
}

TEST_CASE("without a rate of rooms there is no limit, and rooms of the identity are not counted", "[room_rate]")
{
    world w{{.max_rooms = 1, .room_rate = 0, .room_burst = 0, .message_rate = 0}};
    w.hub().configure("chat:", {});
    w.serve();
    client c{w.port()};
    for (int i = 0; i != 300; ++i) {
        REQUIRE(c.subscribe({"chat:1"}).at("rejected").as_array().empty());
        leave(c, {"chat:1"});
    }
    world strict{{.max_rooms = 1, .room_rate = 1, .room_burst = 0}};
    strict.hub().configure("chat:", {});
    strict.serve({.authenticate = [](const handshake_request&) {
        return auth_result{identity{.user_id = "ann", .rooms = {"chat:own1", "chat:own2"}}};
    }});
    client own{strict.port()};
    CHECK(own.subscribe({"chat:own1", "chat:own2"}).at("rejected").as_array().empty());
    CHECK(own.subscribe({"chat:1"}).at("rejected").as_array().empty());
}
