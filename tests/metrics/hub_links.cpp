// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells of its links to other processes.
#include "metrics/recording.hpp"
#include "support/held_store.hpp"
#include "support/scripted_bus.hpp"

#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A bus that is down when a hub joins it, and measures itself.
class late_bus : public scripted_bus {
public:
    explicit late_bus(bus_metrics told) : told_{std::move(told)} {}
    void attach(bus_sink& sink)
    {
        scripted_bus::attach(sink);
        sink.changed({false, "not connected yet"});
    }
    bus_metrics metrics() const { return told_; }

private:
    bus_metrics told_;
};
static_assert(bus<late_bus>);

template <class World>
std::optional<double> value(World& w, const std::string& key)
{
    return collected(w.hub()).value(key);
}

} // namespace

TEST_CASE("metrics: each link is up or down, and after the end only the bus is asked", "[metrics]")
{
    held_store store;
    basic_world<scripted_bus, held_store> w{{}, 1, scripted_bus{}, store};
    w.serve();
    const auto up = [&](const char* link) { return value(w, "fanfare_link_up{link=" + std::string{link} + "}"); };
    for (const auto* link : {"bus", "store", "presence", "inbox", "revocations"})
        CHECK(up(link) == 1);
    store.put_down({false, "no route to host"});
    CHECK(up("store") == 0);
    CHECK(up("bus") == 1);
    store.put_down({});
    CHECK(up("store") == 1);
    w.hub().async_shutdown({}, asio::use_future).get();
    CHECK(up("store") == 0);
    CHECK(up("inbox") == 0);
    CHECK(up("bus") == 1);
}

TEST_CASE("metrics: a bus reconnects when it is up again, not when it is up at first", "[metrics]")
{
    scripted_world s; // whose bus says nothing, and so is up
    const std::string key = "fanfare_bus_reconnects";
    CHECK(value(s.w, key) == 0);
    s.bus.sink().changed({});
    CHECK(value(s.w, key) == 0);
    s.bus.sink().changed({false, "connection refused"});
    s.bus.sink().changed({false, "timed out"});
    CHECK(value(s.w, key) == 0);
    CHECK(value(s.w, "fanfare_link_up{link=bus}") == 0);
    s.bus.sink().changed({});
    CHECK(value(s.w, key) == 1);
    s.bus.sink().changed({});
    CHECK(value(s.w, key) == 1);

    late_bus late{{}};
    basic_world<late_bus> w{{}, 1, late};
    late.sink().changed({false, "connection refused"});
    late.sink().changed({});
    CHECK(value(w, key) == 0);
    late.sink().changed({false, "connection refused"});
    late.sink().changed({});
    CHECK(value(w, key) == 1);
}

TEST_CASE("metrics: a loss counts when members of a room are told of it", "[metrics]")
{
    scripted_world s;
    client c{s.w.port()};
    s.bus.sink().missed("device:1");
    CHECK(value(s.w, "fanfare_bus_missed") == 0);
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"device:1"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("device:1"); }));
    s.bus.sink().joined("device:1");
    CHECK(c.next().at("type") == "subscribed");
    s.bus.sink().missed("device:1");
    CHECK(c.next().at("type") == "gap");
    CHECK(value(s.w, "fanfare_bus_missed") == 1);
}

TEST_CASE("metrics: what a bus has measured of itself is told as it is", "[metrics]")
{
    const std::string key = "fanfare_bus_round_trip_seconds";
    const auto told_of = [&](bus_metrics what) {
        basic_world<late_bus> w{{}, 1, late_bus{std::move(what)}};
        return collected(w.hub());
    };
    const auto told = told_of({.round_trip_bounds = {0.5, 1}, .round_trips = {3, 2, 1}, .round_trip_seconds = 9});
    const auto* times = told.histogram(key);
    REQUIRE(times);
    CHECK(times->bounds == std::vector<double>{0.5, 1});
    CHECK(times->counts == std::vector<std::uint64_t>{3, 2, 1});
    CHECK(told[key] == 6);
    CHECK(times->sum == 9);
    CHECK_FALSE(told_of({}).histogram(key));
    CHECK_FALSE(told_of({.round_trip_bounds = {1}, .round_trips = {1}}).histogram(key)); // which makes no sense
    basic_world<scripted_bus> w; // whose bus does not measure
    CHECK_FALSE(collected(w.hub()).histogram(key));
}

TEST_CASE("metrics: a hub counts the hubs that it hears of, until they go or are silent", "[metrics]")
{
    scripted_world s{{.heartbeat_interval = 100ms}};
    const std::string key = "fanfare_cluster_nodes";
    CHECK(value(s.w, key) == 1);
    for (const auto* node : {"00000000000000aa", "00000000000000bb", "00000000000000aa"})
        s.bus.command(json::serialize(json::value{{"type", "node"}, {"node", node}}));
    // The silent one is forgotten after three intervals, so this looks until one was heard of again.
    REQUIRE(eventually([&] {
        s.bus.command(R"({"type":"node","node":"00000000000000aa"})");
        s.bus.command(R"({"type":"node","node":"00000000000000bb"})");
        return value(s.w, key) == 3;
    }));
    REQUIRE(eventually([&] {
        s.bus.command(R"({"type":"node","node":"00000000000000aa"})");
        s.bus.command(R"({"type":"node_gone","node":"00000000000000bb"})");
        return value(s.w, key) == 2;
    }));
    CHECK(eventually([&] { return value(s.w, key) == 1; })); // by time alone: nobody says a word
}
