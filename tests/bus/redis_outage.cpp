// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How the bus finds out that Redis is away, or is not the one to talk to.
#include "bus/redis_support.hpp"

#include <string>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a frozen Redis is noticed, and who waits for it is let in", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    a.sink.forget();
    server.freeze();
    CHECK_FALSE(a.bus.join(a.sink, "chat:b"));
    CHECK(bus_eventually([&] { return a.sink.take_joined("chat:b"); }));
    CHECK(bus_eventually([&] { return !a.sink.up(); }));
    CHECK(a.sink.changes().front().problem == server.url() + "/0: does not answer the probe");
    CHECK(a.sink.missed_count("chat:a") == 0); // not yet: the hole is still open
    server.thaw();
    CHECK(bus_eventually([&] { return a.sink.up(); }));
    for (const auto* room : {"chat:a", "chat:b"}) {
        CHECK(a.sink.missed_count(room) == 1);
        REQUIRE_FALSE(a.publish(room, "{}").error);
        CHECK(bus_eventually([&] { return a.sink.bodies(room).size() == 1; }));
    }
    CHECK(a.sink.missed_count("") == 1);
}

TEST_CASE("the loss of either connection is the loss of both", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    for (const auto* type : {"pubsub", "normal"}) {
        a.sink.forget();
        server.command({"CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"});
        CHECK(bus_eventually([&] { return a.sink.missed_count("chat:a") == 1 && a.sink.up(); }));
        CHECK(a.sink.changes().size() >= 2);
        REQUIRE_FALSE(a.publish("chat:a", "{}").error);
        CHECK(bus_eventually([&] { return a.sink.has("{}"); }));
        CHECK(a.sink.missed_count("chat:a") == 1);
    }
    CHECK(a.bus.stats().reconnects == 2);
}

TEST_CASE("a Redis that has become a replica is left", "[redis][bus]")
{
    redis_server master, server;
    redis_nodes nodes{eager(server), 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    a.sink.forget();
    server.command({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
    CHECK(bus_eventually([&] { return !a.sink.up(); }));
    CHECK(a.sink.changes().front().problem.find("replica") != std::string::npos);
    CHECK(bus_eventually([&] { return a.sink.changes().size() >= 2; })); // nor does it take it again
    CHECK_FALSE(a.sink.up());
    CHECK(a.sink.changes().back().problem.find("replica") != std::string::npos);
    server.command({"REPLICAOF", "NO", "ONE"});
    CHECK(bus_eventually([&] { return a.sink.up(); }));
    CHECK(a.sink.missed_count("chat:a") == 1);
}
