// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/detail/cluster/stats_fields.hpp>

#include "support/catch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

using namespace fanfare;

TEST_CASE("cluster: every counter goes to JSON under its name and comes back", "[cluster]")
{
    hub_stats stats;
    stats.connections = 3;
    stats.delivered = ~std::uint64_t{0};
    stats.holes = 7;
    stats.bus_up = false;
    const auto fields = detail::stats_fields(stats);
    CHECK(fields.size() == 35);
    CHECK(fields.begin()->key() == "connections");
    CHECK(fields.at("delivered").as_uint64() == ~std::uint64_t{0});
    CHECK(fields.at("bus_up").as_bool() == false);

    const auto sent = json::parse(json::serialize(fields)); // numbers change their kind on the way
    const auto read = detail::read_stats(&sent);
    CHECK(detail::stats_fields(read) == fields);
}

TEST_CASE("cluster: counters of another version of the library", "[cluster]")
{
    const auto sent =
        json::parse(R"({"connections": 2, "rooms": -1, "users": "many", "bus_up": 1, "unknown": 9})");
    const auto read = detail::read_stats(&sent);
    CHECK(read.connections == 2);
    CHECK(read.rooms == 0);
    CHECK(read.users == 0);
    CHECK(read.bus_up);
    CHECK(detail::read_stats(nullptr).bus_up);
    const json::value text = "not counters";
    CHECK(detail::read_stats(&text).connections == 0);
}
