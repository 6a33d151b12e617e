// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Sinks and contexts that end while the bus works.
#include "bus/redis_support.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a sink may go in the bus's own callbacks", "[redis][bus]")
{
    redis_server server;
    auto options = impatient();
    std::function<void()> go;
    std::atomic<bool> going{false}; // at the next problem
    options.on_problem = [&](std::string_view) {
        if (going.exchange(false))
            go();
    };
    redis_nodes nodes{eager(server), 1, options};
    auto& bus = nodes.bus(0);
    std::atomic<bool> gone{false};
    recording_sink sink;
    go = [&] {
        bus.detach(sink);
        sink.gone = true;
        gone = true;
    };
    const auto arrive = [&] {
        sink.gone = gone = false;
        bus.attach(sink);
        CHECK(bus_eventually([&] { return sink.up(); }));
        (void)bus.join(sink, "chat:a");
    };
    arrive();
    CHECK_FALSE(bus.publish({.channel = "chat:a", .body = "{}"}, [&](const bus_receipt&) { go(); }).error);
    CHECK(bus_eventually([&] { return gone.load(); }));
    arrive();
    going = true;
    server.command({"PUBLISH", "notifications", "hello"});
    CHECK(bus_eventually([&] { return gone.load(); }));
    arrive();
    going = true;
    server.kill_hard();
    CHECK(bus_eventually([&] { return gone.load(); }));
    CHECK(sink.calls_when_gone == 0);
}

TEST_CASE("the context may end before the bus and its sinks", "[redis][bus]")
{
    redis_server server;
    recording_sink sink;
    std::optional<redis_bus> bus;
    {
        asio::io_context context;
        bus.emplace(context, server.url());
        bus->attach(sink);
        for (int i = 0; i != 200 && !sink.up(); ++i)
            context.run_one_for(50ms);
        CHECK(sink.up());
        CHECK_FALSE(bus->join(sink, "chat:a"));
        CHECK_FALSE(bus->publish({.channel = "chat:a", .body = "{}"}, [](const bus_receipt&) {}).error);
        context.poll();
        CHECK_FALSE(bus->publish({.channel = "chat:a", .body = "{}"}, [](const bus_receipt&) {}).error);
    }
    CHECK(bus->publish({.channel = "chat:a", .body = "{}"}).error == error::bus_unavailable);
    (void)bus->join(sink, "chat:b");
    bus->leave(sink, "chat:a");
    bus->detach(sink);
    sink.gone = true;
    bus.reset();
    CHECK(sink.calls_when_gone == 0);
}
