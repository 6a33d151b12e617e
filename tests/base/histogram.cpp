// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/histogram.hpp>

#include <chrono>
#include <numeric>

using namespace fanfare::detail;
using namespace std::chrono_literals;

namespace {

std::uint64_t total(const histogram_sum& all)
{
    return std::accumulate(all.counts.begin(), all.counts.end(), std::uint64_t{0});
}

template <class C>
concept goes_down = requires(C c)
{
    c.subtract();
};

} // namespace

TEST_CASE("a bucket's upper bound belongs to it", "[histogram]")
{
    CHECK(bucket_of(0ns) == 0);
    CHECK(bucket_of(-5s) == 0);
    CHECK(bucket_of(100us) == 0);
    CHECK(bucket_of(100'001ns) == 1);
    CHECK(bucket_of(1ms) == 3);
    CHECK(bucket_of(30s) == bucket_count - 2);
    CHECK(bucket_of(30s + 1ns) == bucket_count - 1);
    CHECK(bucket_of(24h) == bucket_count - 1);
    static_assert(bucket_seconds.front() == 0.0001 && bucket_seconds[4] == 0.0025 && bucket_seconds.back() == 30);
    for (std::size_t i = 0; i != bucket_limits.size(); ++i) {
        const std::chrono::nanoseconds bound{bucket_limits[i]};
        CHECK(bucket_of(bound) == i);
        CHECK(bucket_of(bound + 1ns) == i + 1);
    }
}

TEST_CASE("histograms add up, and a time below 0 takes nothing from the sum", "[histogram]")
{
    histogram one;
    shared_histogram other;
    one.add(2ms);
    one.add(3ms, 10);
    one.add(-1h);
    other.add(2ms, 2);
    histogram_sum all;
    one.add_to(all);
    other.add_to(all);
    CHECK(total(all) == 14);
    CHECK(all.counts[bucket_of(2ms)] == 3);
    CHECK(all.counts[bucket_of(3ms)] == 10);
    CHECK(all.counts[0] == 1);
    CHECK(all.sum_ns == 36'000'000);
}

TEST_CASE("a gauge goes up and down, a counter only up", "[histogram]")
{
    gauge g;
    g.add(3);
    g.subtract();
    CHECK(g.get() == 2);
    shared_gauge shared;
    shared.add();
    shared.add(4);
    shared.subtract(2);
    CHECK(shared.get() == 3);
    static_assert(!goes_down<counter>);
    static_assert(!goes_down<shared_counter>);
}
