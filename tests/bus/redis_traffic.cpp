// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "bus/redis_support.hpp"

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("ten thousand rooms are subscribed again in batches after a restart", "[redis][bus]")
{
    constexpr int count = 10'000;
    redis_server server;
    redis_nodes nodes{eager(server), 2, impatient()};
    redis_sink a{nodes.bus(0)}, b{nodes.bus(1)};
    const auto room = [](int i) { return "device:" + std::to_string(i); };
    for (int i = 0; i != count; ++i)
        (void)a.bus.join(a.sink, room(i));
    REQUIRE(bus_eventually([&] { return subscribers(server, "fanfare:room:{" + room(count - 1) + '}') == 1; }));
    CHECK(a.bus.stats().subscriptions == count);
    a.sink.forget();
    server.restart();
    CHECK(bus_eventually([&] { return a.sink.missed_count("") == 1 && a.sink.up() && b.sink.up(); }));
    for (int i = 0; i != count; ++i)
        if (a.sink.missed_count(room(i)) != 1)
            FAIL("missed " << a.sink.missed_count(room(i)) << " times: " << room(i));
    CHECK(calls_of(server, "subscribe") == count / 500 + 2); // and one a node for the channels that all have
    for (int i = 0; i < count; i += 10)
        REQUIRE_FALSE(b.publish(room(i), "{}").error);
    CHECK(bus_eventually([&] { return a.sink.size() == count / 10; }));
    a.sink.forget();
    a.bus.detach(a.sink);
    a.sink.gone = true;
    CHECK(bus_eventually([&] { return subscribers(server, "fanfare:room:{" + room(0) + '}') == 0; }));
}

TEST_CASE("a burst of joins needs few commands, and a quick rejoin none", "[redis][bus]")
{
    redis_server server;
    auto options = impatient();
    options.linger = 300ms;
    redis_nodes nodes{eager(server), 1, options};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    const auto before = calls_of(server, "subscribe");
    for (int i = 0; i != 100; ++i) {
        a.bus.leave(a.sink, "chat:a");
        CHECK(a.bus.join(a.sink, "chat:a")); // in force at once
    }
    a.bus.leave(a.sink, "chat:a");
    CHECK(subscribers(server, "fanfare:room:{chat:a}") == 1);
    CHECK(bus_eventually([&] { return subscribers(server, "fanfare:room:{chat:a}") == 0; }));
    CHECK(calls_of(server, "subscribe") == before);
    CHECK(calls_of(server, "unsubscribe") == 1);
    CHECK(bus_eventually([&] { return a.bus.stats().subscriptions == 0; }));
    CHECK(a.join("chat:a"));
    REQUIRE_FALSE(a.publish("chat:a", "{}").error);
    CHECK(bus_eventually([&] { return a.sink.has("{}"); }));
}

TEST_CASE("an idle node sends Redis nothing, a busy one proves that it hears itself", "[redis][bus]")
{
    redis_server server;
    auto options = impatient();
    options.linger = 0ms;
    redis_nodes nodes{eager(server), 1, options};
    redis_sink a{nodes.bus(0)};
    const auto commands = [&] {
        return calls_of(server, "publish") + calls_of(server, "role") + calls_of(server, "ping") +
               calls_of(server, "subscribe") + calls_of(server, "unsubscribe");
    };
    const auto idle = commands();
    std::this_thread::sleep_for(20 *
                                options.probe_interval); // nothing may happen, so there is nothing to wait for
    CHECK(commands() == idle);

    REQUIRE(a.join("chat:a"));
    const auto probes = a.bus.stats().probes;
    CHECK(bus_eventually([&] { return a.bus.stats().probes >= probes + 3; }));
    a.bus.leave(a.sink, "chat:a");
    CHECK(bus_eventually([&] { return calls_of(server, "unsubscribe") == 1; }));
    REQUIRE_FALSE(a.publish("chat:a", "{}").error);
    auto last = commands();
    CHECK(bus_eventually([&] { // soon it is quiet again
        std::this_thread::sleep_for(4 * options.probe_interval);
        return std::exchange(last, commands()) == last;
    }));
    CHECK(a.sink.up());
}

TEST_CASE("the receipt counts the other processes", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 3};
    redis_sink a{nodes.bus(0)}, b{nodes.bus(1)}, c{nodes.bus(2)};
    const auto heard_by = [&](redis_sink& s, const bus_message& m) {
        std::atomic<int> n{-1};
        CHECK_FALSE(s.send(m, [&](const bus_receipt& r) { n = static_cast<int>(r.nodes.value_or(99)); }).error);
        CHECK(bus_eventually([&] { return n != -1; }));
        return n.load();
    };
    const bus_message chat{.channel = "chat:a", .body = "{}"};
    CHECK(heard_by(a, chat) == 0);
    REQUIRE(b.join("chat:a"));
    CHECK(heard_by(a, chat) == 1);
    CHECK(heard_by(b, chat) == 0);
    REQUIRE(a.join("chat:a"));
    REQUIRE(c.join("chat:a"));
    CHECK(heard_by(a, chat) == 2);
    CHECK(heard_by(a, {.what = bus_message::kind::broadcast, .body = "{}"}) == 2);
    CHECK(heard_by(a, {.what = bus_message::kind::control, .body = "x"}) == 2);
}

TEST_CASE("a message that a hub cannot take is told to it as a hole, once", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 1};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    a.sink.forget();
    a.sink.full = true;
    for (int i = 0; i != 5; ++i)
        REQUIRE_FALSE(a.publish("chat:a", "{}").error);
    REQUIRE_FALSE(a.send({.what = bus_message::kind::broadcast, .body = "{}"}).error);
    REQUIRE_FALSE(a.send({.what = bus_message::kind::control, .body = "stop"}).error);
    CHECK(bus_eventually([&] { return a.sink.has("stop"); })); // commands are not held up
    CHECK(a.sink.size() == 1);
    CHECK(a.sink.missed_count("chat:a") == 1);
    CHECK(a.sink.missed_count("") == 1);
    CHECK(a.bus.stats().overflowed == 6);
    a.sink.full = false;
    REQUIRE_FALSE(a.publish("chat:a", R"({"n":1})").error);
    CHECK(bus_eventually([&] { return a.sink.has(R"({"n":1})"); }));
    a.sink.full = true;
    REQUIRE_FALSE(a.publish("chat:a", "{}").error);
    CHECK(bus_eventually([&] { return a.sink.missed_count("chat:a") == 2; }));
}

TEST_CASE("hubs with another prefix do not hear each other", "[redis][bus]")
{
    redis_server server;
    auto options = impatient();
    options.prefix = "other:";
    redis_nodes ours{eager(server), 1}, others{eager(server), 1, options};
    redis_sink a{ours.bus(0)}, b{others.bus(0)};
    REQUIRE(a.join("chat:a"));
    REQUIRE(b.join("chat:a"));
    REQUIRE_FALSE(a.publish("chat:a", R"({"n":1})").error);
    REQUIRE_FALSE(b.publish("chat:a", R"({"n":2})").error);
    CHECK(bus_eventually([&] { return a.sink.has(R"({"n":1})") && b.sink.has(R"({"n":2})"); }));
    CHECK(a.sink.size() == 1);
    CHECK(b.sink.size() == 1);
}

TEST_CASE("what was published just before the last hub went still arrives", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 2};
    redis_sink b{nodes.bus(1)};
    REQUIRE(b.join("chat:a"));
    std::size_t sent = 0;
    for (int round = 0; round != 10; ++round) {
        redis_sink a{nodes.bus(0)};
        for (int i = 0; i != 500; ++i, ++sent)
            REQUIRE_FALSE(a.publish("chat:a", detail::numbered_body(0, i)).error);
    }
    CHECK(bus_eventually([&] { return b.sink.size() == sent; }));
    CHECK(nodes.bus(0).stats().lost == 0);
}
