// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What JSON cannot carry is refused at its source: one such message would end the connection of every receiver.
#include "support/world.hpp"

#include <cmath>
#include <limits>

using namespace fanfare;
using namespace fanfare::test;

namespace {

const std::vector<json::value>& unsendable()
{
    static const std::vector<json::value> all{
        "caf\xe9", // Latin-1
        {{"text", "\xed\xa0\x80"}},
        {{"caf\xe9", 1}},
        {1, {2, {{"deep", std::nan("")}}}},
        std::numeric_limits<double>::infinity(),
    };
    return all;
}

} // namespace

TEST_CASE("text that is not UTF-8 and numbers that are not finite are refused, and reach nobody")
{
    world w;
    w.hub().configure("chat:", {.history = 10});
    w.serve();
    client c{w.port(), "alice"};
    c.subscribe({"global", "chat:1"});
    for (const auto& payload : unsendable()) {
        for (const auto* room : {"global", "chat:1", "user:alice"})
            CHECK(w.hub().publish(room, "said", payload).error == error::invalid_message);
        CHECK(w.hub().broadcast("said", payload).error == error::invalid_message);
    }
    CHECK(w.hub().publish("global", "caf\xe9", json::value(1)).error == error::invalid_message);
    CHECK(c.drain().empty());
    CHECK(w.hub().publish("chat:1", "said", json::value("caf\xc3\xa9")));
    CHECK(c.next("said").as_string() == "caf\xc3\xa9");
    CHECK(w.hub().stats().publish_refused == unsendable().size() * 4 + 1);
}

TEST_CASE("a handle and a request throw what cannot be sent back at the handler")
{
    world w;
    connection_ref handle;
    w.hub().on_message("mine", [&](request r) {
        handle = r.from();
        r.reply("mine", std::nan(""));
    });
    w.serve();
    client c{w.port(), "alice"};
    c.send({{"type", "mine"}, {"request_id", 1}});
    CHECK(c.next("error").at("code").as_string() == "handler_failed");
    CHECK(w.hub().stats().handler_failures == 1);
    for (const auto& payload : unsendable())
        CHECK_THROWS_AS(handle.send("said", payload), std::invalid_argument);
    CHECK_THROWS_AS(handle.send("", 1), std::invalid_argument);
    CHECK(c.drain().empty());
}

TEST_CASE("a command whose reason cannot be sent is refused, not lost")
{
    world w;
    w.serve();
    client c{w.port(), "alice"};
    CHECK(w.hub().disconnect_user("alice", close_code::disconnected, "caf\xe9") == error::invalid_message);
    CHECK(w.hub().disconnect(c.id(), close_code::disconnected, "caf\xe9") == error::invalid_message);
    CHECK(c.drain().empty());
    CHECK_FALSE(w.hub().disconnect_user("alice", close_code::disconnected, "caf\xc3\xa9"));
    CHECK(c.closed() == 3500);
    CHECK(c.close_reason() == "caf\xc3\xa9");
}

TEST_CASE("clients cannot say who comes and goes in a room with presence")
{
    world w;
    w.hub().configure("chat:", {.client_publish = true, .presence = true});
    w.hub().configure("plain:", {.client_publish = true});
    w.serve();
    client c{w.port(), "mallory"};
    const auto publish = [&](const char* room, const char* type) {
        c.send({{"type", "publish"},
                {"room", room},
                {"payload", {{"type", type}, {"payload", {{"user_id", "bob"}}}}},
                {"request_id", 1}});
        return c.next();
    };
    for (const auto* type : {"join", "leave"}) {
        CHECK(publish("chat:1", type).at("payload").at("code").as_string() == "invalid_message");
        CHECK(publish("plain:1", type).at("type").as_string() == "published");
    }
    CHECK(publish("chat:1", "said").at("type").as_string() == "published");
}
