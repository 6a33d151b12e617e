// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How long pings take, and how late a shard's timer is.
#include "metrics/recording.hpp"
#include "support/world.hpp"

#include <fanfare/local_connection.hpp>

#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// The payloads of the pings that a client gets; each is answered.
std::vector<std::string>& pings_of(client& c, std::vector<std::string>& all)
{
    c.stream().control_callback([&all](websocket::frame_type kind, beast::string_view payload) {
        if (kind == websocket::frame_type::ping)
            all.emplace_back(payload.data(), payload.size());
    });
    return all;
}

hub_options often(bool metrics)
{
    return {.ping_interval = 80ms, .metrics = metrics, .message_rate = 0};
}

} // namespace

TEST_CASE("each ping that is answered is measured once, whatever the client sends besides")
{
    world w{often(true)};
    w.serve();
    client c{w.port()};
    std::vector<std::string> pings;
    pings_of(c, pings);
    const auto measured = [&] { return collected(w.hub())["fanfare_heartbeat_seconds"]; };
    REQUIRE(eventually([&] {
        c.drain();
        for (const auto& old : pings) // again: RFC 6455 section 5.5.3 allows pongs that nobody has asked for
            c.stream().pong(websocket::ping_data{old.data(), old.size()});
        return measured() >= 3;
    }));
    CHECK(measured() <= static_cast<double>(pings.size()));
    CHECK(collected(w.hub()).sum("fanfare_heartbeat_seconds") < 60);
}

TEST_CASE("pongs that answer no ping are not measured")
{
    world w{{.ping_interval = 1h, .idle_timeout = 2h, .metrics = true}};
    w.serve();
    client c{w.port()};
    for (const auto* made_up : {"", "x", "8 bytes!", "more than eight bytes"})
        c.stream().pong(made_up);
    c.drain();
    const auto now = collected(w.hub());
    CHECK(now.has("fanfare_heartbeat_seconds"));
    CHECK(now["fanfare_heartbeat_seconds"] == 0);
}

TEST_CASE("a pong counts for its own connection and its own ping alone", "[ping_clock]")
{
    const detail::ping_clock clock, other;
    const auto sent = clock.stamp(7);
    REQUIRE(clock.since(sent, 7));
    CHECK(clock.since(sent, 7)->count() >= 0);
    CHECK_FALSE(clock.since(sent, 8));
    CHECK_FALSE(other.since(sent, 7));
    CHECK_FALSE(clock.since(std::span{sent}.first(8), 7));
    for (std::size_t i = 0; i != sent.size(); ++i) {
        auto forged = sent;
        forged[i] = static_cast<char>(forged[i] ^ 0x10);
        CHECK_FALSE(clock.since(forged, 7));
    }
}

TEST_CASE("the lag of each shard with connections is measured")
{
    world w{often(true), 2};
    w.serve();
    const auto one = w.hub().connect({}, local_handlers{}); // each on the shard that has the fewest
    const auto two = w.hub().connect({}, local_handlers{});
    CHECK(eventually([&] {
        const auto now = collected(w.hub());
        return now["fanfare_event_loop_lag_seconds{shard=0}"] > 2 &&
               now["fanfare_event_loop_lag_seconds{shard=1}"] > 2;
    }));
    CHECK(collected(w.hub()).sum("fanfare_event_loop_lag_seconds{shard=0}") >= 0);
}

TEST_CASE("without metrics no time is told, and pings are empty")
{
    world w{often(false)};
    w.serve();
    client c{w.port()};
    std::vector<std::string> pings;
    pings_of(c, pings);
    c.subscribe({"global"});
    CHECK(w.hub().publish("global", "n", json::value(1)));
    CHECK(c.next("n") == json::value(1));
    REQUIRE(eventually([&] {
        c.drain();
        return pings.size() > 1;
    }));
    CHECK(pings.front().empty());
    CHECK_FALSE(collected(w.hub()).measures_times());
}
