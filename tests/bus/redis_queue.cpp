// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Messages that wait for Redis: they arrive, or their loss is told.
#include "bus/redis_support.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a publisher that lost messages tells the members on all nodes", "[redis][bus]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "a", "on", ">secret", "allcommands", "allchannels"});
    auto options = parse_redis_url("redis://a:secret@127.0.0.1:" + std::to_string(server.port()));
    options.queue_time = 50ms;
    options.first_backoff = options.max_backoff = 50ms;
    redis_node lonely{options, impatient()};
    redis_nodes nodes{eager(server), 1};
    redis_sink a{lonely.bus}, b{nodes.bus(0)};
    b.sink.keep_order = true;
    for (const auto* room : {"chat:a", "chat:b"})
        REQUIRE(b.join(room));

    const auto shut_out = [&](bool out) {
        server.command({"ACL", "SETUSER", "a", out ? "off" : "on"});
        if (out)
            server.command({"CLIENT", "KILL", "USER", "a"});
        CHECK(bus_eventually([&] { return a.sink.up() == !out; }));
    };
    shut_out(true);
    CHECK(a.sink.changes().back().problem.find("secret") == std::string::npos);
    std::atomic<int> answered{0};
    CHECK(a.publish("chat:a", "{}").dispatched_to_cluster);
    CHECK(a.publish("chat:b", "{}", [&](const bus_receipt& r) {
               answered = r.error == error::bus_unavailable ? 1 : 2;
           }).dispatched_to_cluster);
    CHECK_FALSE(a.send({.what = bus_message::kind::broadcast, .body = "{}"}).error);
    CHECK(bus_eventually([&] { return lonely.bus.stats().lost == 3; }));
    CHECK(answered == 1);
    CHECK_FALSE(a.publish("chat:a", R"({"held":1})").error); // this one waits
    b.sink.forget();
    shut_out(false);
    REQUIRE_FALSE(a.publish("chat:a", R"({"later":1})").error);
    CHECK(bus_eventually([&] { return b.sink.has(R"({"later":1})"); }));
    CHECK(b.sink.missed_count("chat:a") == 1);
    CHECK(b.sink.missed_count("chat:b") == 0); // its publisher knows
    CHECK(b.sink.missed_count("") == 1);
    const auto order = b.sink.order(); // the hole comes before what was published after it
    CHECK(std::find(order.begin(), order.end(), "chat:a missed") <
          std::find(order.begin(), order.end(), R"(chat:a {"later":1})"));

    // Too many rooms to name: everybody is told about everything.
    shut_out(true);
    for (int i = 0; i != 10'001; ++i)
        REQUIRE_FALSE(a.publish("device:" + std::to_string(i), "{}").error);
    CHECK(bus_eventually([&] { return lonely.bus.stats().lost >= 10'004; }));
    b.sink.forget();
    shut_out(false);
    for (const auto* of : {"chat:a", "chat:b", ""})
        CHECK(bus_eventually([&] { return b.sink.missed_count(of) == 1; }));
}

TEST_CASE("messages that were published while Redis was away arrive when it comes", "[redis][bus]")
{
    redis_server server{{}, false};
    redis_nodes nodes{eager(server), 1, impatient()};
    recording_sink sink;
    auto& bus = nodes.bus(0);
    bus.attach(sink);
    CHECK_FALSE(sink.up()); // told at once
    CHECK(sink.changes().front().problem.starts_with("redis://127.0.0.1:"));
    CHECK_FALSE(bus.join(sink, "chat:a"));
    CHECK(bus_eventually([&] { return sink.take_joined("chat:a"); })); // nobody waits for Redis
    std::atomic<int> good{0};
    for (int i = 0; i != 100; ++i)
        CHECK(bus.publish({.channel = "chat:a", .body = body_of(0, i)},
                          [&](const bus_receipt& r) { good += !r.error; })
                  .dispatched_to_cluster);
    server.start();
    CHECK(bus_eventually([&] { return sink.size() == 100; }));
    CHECK(sink.bodies("chat:a").back() == body_of(0, 99));
    CHECK(bus_eventually([&] { return good == 100; }));
    CHECK(sink.missed_count("chat:a") == 1);
    CHECK(sink.up());
    CHECK(bus.stats().lost == 0);
    CHECK(bus.stats().reconnects == 0);
    bus.detach(sink);
    CHECK(bus.publish({.channel = "chat:a", .body = "{}"}).error == error::bus_unavailable);
    CHECK_FALSE(bus.stats().up);

    redis_sink again{bus}; // and it can be used again
    CHECK(again.came_up);
    REQUIRE(again.join("chat:a"));
    REQUIRE_FALSE(again.publish("chat:a", "{}").error);
    CHECK(bus_eventually([&] { return again.sink.has("{}"); }));
}

TEST_CASE("the bus comes up when Redis returns to a full queue", "[redis][bus]")
{
    redis_server server;
    auto options = eager(server);
    options.queue_messages = 100;
    redis_nodes nodes{options, 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    server.kill_hard();
    REQUIRE(bus_eventually([&] { return !a.sink.up(); }));
    int taken = 0;
    while (!a.publish("chat:a", body_of(0, taken)).error)
        ++taken;
    CHECK(taken == 100);
    server.start();
    CHECK(bus_eventually([&] { return a.sink.up() && a.sink.bodies("chat:a").size() == 100; }));
    CHECK(a.bus.stats().lost == 0);
}

TEST_CASE("a loss is told to all nodes although the queue is full", "[redis][bus]")
{
    redis_server server;
    auto options = eager(server);
    options.queue_messages = 100;
    options.response_timeout = 500ms;
    redis_node lonely{options, impatient()};
    redis_bus_options patient;
    patient.probe_interval = patient.probe_timeout = 60s;
    redis_nodes nodes{eager(server), 1, patient};
    redis_sink a{lonely.bus}, b{nodes.bus(0)};
    b.sink.keep_order = true;
    for (const auto* room : {"chat:a", "chat:b"})
        REQUIRE(b.join(room));
    server.freeze();
    REQUIRE_FALSE(a.publish("chat:b", "{}").error); // is written, and nobody knows what became of it
    REQUIRE(bus_eventually([&] { return !a.sink.up() && lonely.bus.stats().lost == 1; }));
    while (!a.publish("chat:a", R"({"waited":1})").error)
        ;
    b.sink.forget();
    server.thaw();
    CHECK(bus_eventually([&] { return b.sink.bodies("chat:a").size() == 100; }));
    CHECK(b.sink.missed_count("chat:b") == 1);
    const auto order = b.sink.order();
    CHECK(std::find(order.begin(), order.end(), "chat:b missed") <
          std::find(order.begin(), order.end(), R"(chat:a {"waited":1})"));
}

TEST_CASE("what was never sent when the last hub ends is told", "[redis][bus]")
{
    redis_server server{{}, false};
    redis_bus_options options;
    bus_problems told;
    told.listen(options);
    redis_node node{eager(server), options};
    recording_sink sink;
    std::atomic<int> answered{0};
    node.bus.attach(sink);
    for (int i = 0; i != 3; ++i) {
        CHECK_FALSE(node.bus.publish({.channel = "chat:a", .body = "{}"}).error);
        CHECK_FALSE(
            node.bus.publish({.channel = "chat:a", .body = "{}"}, [&](const bus_receipt&) { ++answered; }).error);
    }
    node.bus.detach(sink);
    CHECK(bus_eventually([&] { return told.tell(": 3 messages were never sent"); }));
    CHECK(answered == 3); // their publishers know
    CHECK(node.bus.stats().lost == 6);
}

TEST_CASE("what waits too long or is too much is refused, and nobody gets it", "[redis][bus]")
{
    redis_server server{{}, false};
    auto options = eager(server);
    options.queue_messages = 10;
    options.queue_time = 50ms;
    redis_node node{options};
    recording_sink sink;
    node.bus.attach(sink);
    std::atomic<int> unavailable{0};
    for (int i = 0; i != 10; ++i)
        CHECK_FALSE(node.bus
                        .publish({.channel = "chat:a", .body = "{}"},
                                 [&](const bus_receipt& r) { unavailable += r.error == error::bus_unavailable; })
                        .error);
    const auto refused =
        node.bus.publish({.channel = "chat:a", .body = "{}"}, [&](const bus_receipt&) { unavailable += 100; });
    CHECK(refused.error == error::bus_unavailable);
    CHECK_FALSE(refused.dispatched_to_cluster);
    CHECK(bus_eventually([&] { return unavailable == 10; }));
    const std::string large(2 * 1024 * 1024, 'x'), key(1025, 'k');
    CHECK(node.bus.publish({.channel = "chat:a", .body = large}).error == error::message_too_large);
    CHECK(node.bus.publish({.channel = "chat:a", .body = "{}", .key = key}).error == error::message_too_large);
    node.bus.detach(sink);
}
