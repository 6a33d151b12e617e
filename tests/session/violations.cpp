// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/violations.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

using fanfare::detail::violations;

TEST_CASE("a client that sends what it must not is counted each time", "[violations]")
{
    violations counted;
    for (std::uint32_t i = 1; i <= 20; ++i)
        CHECK(counted.add(5000) == i);
}

TEST_CASE("one bad message is forgiven for each second, and never more than there were", "[violations]")
{
    violations counted;
    for (int i = 0; i != 5; ++i)
        counted.add(10'000);
    CHECK(counted.add(10'999) == 6);
    CHECK(counted.add(11'999) == 6);
    CHECK(counted.add(14'999) == 4);
    CHECK(counted.add(1'000'000) == 1);
    CHECK(counted.add(1'000'000) == 2);
}

TEST_CASE("one each 900 ms is nearly made up for by the seconds that pass", "[violations]")
{
    violations counted;
    std::uint32_t most = 0;
    for (std::uint32_t i = 0; i != 100; ++i)
        most = std::max(most, counted.add(7'000 + 900 * i));
    CHECK(most == 11); // a tenth of them, and the first
}

TEST_CASE("more than 65,535 are counted", "[violations]")
{
    violations counted;
    for (int i = 0; i != 70'000; ++i)
        counted.add(1'000);
    CHECK(counted.add(1'000) == 70'001);
}

TEST_CASE("a client that connects to a server that has run for long begins without a fault", "[violations]")
{
    violations counted;
    CHECK(counted.add(std::numeric_limits<std::uint32_t>::max()) == 1);
}

TEST_CASE("a clock that wraps around forgives no more than the time that has passed", "[violations]")
{
    violations counted;
    const auto before = std::numeric_limits<std::uint32_t>::max() - 499; // half a second before the end
    for (int i = 0; i != 5; ++i)
        counted.add(before);
    CHECK(counted.add(400) == 6);
    violations slower;
    for (int i = 0; i != 5; ++i)
        slower.add(before);
    CHECK(slower.add(1'500) == 4);
}
