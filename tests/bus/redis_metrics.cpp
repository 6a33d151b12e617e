// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells of its links to a real Redis.
#include "bus/redis_support.hpp"
#include "metrics/recording.hpp"
#include "support/eventually.hpp"

#include <fanfare/hub.hpp>
#include <fanfare/store/redis.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <string>
#include <thread>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A bus that sends a probe when it connects, and then none for long.
redis_bus_options hardly_probing()
{
    auto options = impatient();
    options.probe_interval = 1h;
    return options;
}

// Commands fail soon if Redis is away.
redis_options hurried(const redis_server& server)
{
    auto options = eager(server);
    options.queue_time = 100ms;
    return options;
}

struct redis_hub {
    explicit redis_hub(const redis_server& server)
        : bus{context, eager(server), hardly_probing()}, client{context, hurried(server)},
          hub{context.get_executor(), bus, redis_store{client}, {.metrics = true}}
    {
        hub.configure("chat:", {.history = 10});
        thread = std::thread{[this] { context.run(); }};
    }
    ~redis_hub()
    {
        context.stop();
        thread.join();
    }
    bool becomes(bool up)
    {
        return eventually([&] { return link("bus") == (up ? 1 : 0) && link("store") == (up ? 1 : 0); });
    }
    std::optional<double> link(const char* name)
    {
        return collected(hub).value("fanfare_link_up{link=" + std::string{name} + "}");
    }
    bool publish()
    {
        auto fate = hub.async_publish("chat:1", "n", json::value(1), asio::use_future);
        try {
            return fate.get().position.offset != 0;
        } catch (const boost::system::system_error&) {
            return false;
        }
    }

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    redis_bus bus;
    redis_client client;
    fanfare::hub<redis_bus, redis_store> hub;
    std::thread thread;
};

} // namespace

TEST_CASE("metrics of a hub tell when Redis goes and comes again, and how long its answers take",
          "[redis][metrics]")
{
    redis_server server;
    redis_hub h{server};
    REQUIRE(h.becomes(true));
    const std::string round_trip = "fanfare_bus_round_trip_seconds";
    const std::string appends = "{store=history,operation=append}";
    const auto first = collected(h.hub);
    CHECK(first.value(round_trip) == 1);
    CHECK(first.histogram(round_trip)->sum > 0);
    CHECK(first.histogram(round_trip)->sum < 30);
    CHECK(first.value("fanfare_bus_reconnects") == 0);
    CHECK(h.publish());
    CHECK(collected(h.hub).value("fanfare_store_seconds" + appends) == 1);
    CHECK(collected(h.hub).value("fanfare_store_failures" + appends) == 0);

    server.kill_hard();
    REQUIRE(h.becomes(false));
    CHECK_FALSE(h.publish());
    CHECK(collected(h.hub).value("fanfare_store_failures" + appends) == 1);
    CHECK(collected(h.hub).value("fanfare_bus_reconnects") == 0);
    server.start();
    REQUIRE(h.becomes(true));
    const auto last = collected(h.hub);
    CHECK(last.value("fanfare_bus_reconnects") == 1);
    CHECK(last.value(round_trip) == 2);
    CHECK(last.value("fanfare_store_seconds" + appends) == 2);
    CHECK(h.bus.stats().probes == 2);
}
