// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a client leaves in Redis that enters and leaves rooms in which nothing is ever published.
#include "store/redis_support.hpp"
#include "support/world.hpp"

#include <fanfare/presence/redis.hpp>

#include <cstdint>
#include <string>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::redis_stores;

namespace {

struct redis_world {
    redis_server server;
    running_context io{2};
    redis_client client{io.executor(), quick(server.url())};
    redis_bus bus{io.executor(), quick(server.url()), {.linger = 10ms}};
    basic_world<redis_bus, redis_store> w{{}, 1, bus, redis_store{client, bus, {.lifetime = 60s}}};

    redis_world()
    {
        w.hub().presence(redis_presence{client, {.lifetime = 1s}});
        w.hub().configure("plain:", {});
        w.hub().configure("seen:", {.presence = true});
        w.hub().configure("kept:", {.history = 10});
        w.serve();
        REQUIRE(eventually([&] { return w.hub().status().up; }));
    }
    // How many of these there are: keys, or channels.
    std::int64_t count(const std::string& command, const std::string& pattern)
    {
        return number_in(server.command({"EVAL", "return #redis.call(" + command + ", ARGV[1])", "0", pattern}));
    }
    std::int64_t keys(const std::string& pattern) { return count("'KEYS'", pattern); }
};

} // namespace

TEST_CASE(
    "rooms that were entered and left leave nothing in Redis, with history the room's epoch, for its lifetime",
    "[redis][store]")
{
    redis_world r;
    client c{r.w.port(), "ann"};
    json::array rooms;
    for (const std::string name : {"plain:", "seen:", "kept:"})
        for (int i = 0; i != 20; ++i)
            rooms.emplace_back(name + std::to_string(i));
    CHECK(c.subscribe(rooms).at("rejected").as_array().empty());
    CHECK(eventually([&] { return r.keys("*seen:*") >= 20; }));
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", rooms}}}});
    while (c.next().at("type") != "unsubscribed") {
    }
    CHECK(eventually([&] { return r.keys("*seen:*") == 0; }));
    CHECK(eventually([&] { return r.count("'PUBSUB', 'CHANNELS'", "*room:*") == 1; })); // her own
    CHECK(eventually([&] { return r.w.hub().stats().rooms == 1; }));
    CHECK(r.keys("*") == 20);
    CHECK(r.keys("fanfare:history:{kept:*}:meta") == 20);
    for (int i = 0; i != 20; ++i) {
        const auto left =
            number_in(r.server.command({"PTTL", "fanfare:history:{kept:" + std::to_string(i) + "}:meta"}));
        CHECK((left > 0 && left <= 60'000));
    }
}
