// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/connect_rates.hpp>

#include <chrono>
#include <cstdint>

using namespace fanfare;
using namespace fanfare::detail;
using namespace std::chrono_literals;

namespace {

const connect_rates::time_point start{1h};

asio::ip::address number(std::uint32_t n)
{
    return asio::ip::address_v4{0x0a000000 + n};
}

} // namespace

TEST_CASE("an address connects so often at once, and then at its rate", "[connect_rates]")
{
    connect_rates rates{2, 3};
    for (int i = 0; i != 3; ++i)
        CHECK_FALSE(rates.take(number(1), start));
    CHECK(rates.take(number(1), start) == 500ms);
    CHECK(rates.take(number(1), start + 400ms) == 100ms);
    CHECK_FALSE(rates.take(number(2), start + 400ms)); // another one's
    CHECK_FALSE(rates.take(number(1), start + 500ms));
    CHECK(rates.take(number(1), start + 500ms) == 500ms); // a refused attempt has taken nothing
    for (int i = 0; i != 3; ++i)
        CHECK_FALSE(rates.take(number(1), start + 1h));
    CHECK(rates.take(number(1), start + 1h));
}

TEST_CASE("a rate below one a second lets an address wait for longer", "[connect_rates]")
{
    connect_rates rates{0.1, 0}; // a burst of 0 counts as 1
    CHECK_FALSE(rates.take(number(1), start));
    CHECK(rates.take(number(1), start) == 10s);
    CHECK(rates.take(number(1), start + 9s) == 1s);
    CHECK_FALSE(rates.take(number(1), start + 10s));
}

TEST_CASE("the smallest rate and the largest burst are within the clock's range", "[connect_rates]")
{
    connect_rates slow{0.001, UINT32_MAX};
    for (int i = 0; i != 1000; ++i)
        REQUIRE_FALSE(slow.take(number(1), start));
    connect_rates fast{1e6, 1};
    CHECK_FALSE(fast.take(number(1), start));
    CHECK(fast.take(number(1), start) == 1us);
}

TEST_CASE("without a rate there is no limit", "[connect_rates]")
{
    CHECK_FALSE(connect_rates{0, 1}.limited());
    CHECK(connect_rates{0.001, 1}.limited());
}

TEST_CASE("an address whose bucket is full again is forgotten as others come", "[connect_rates]")
{
    connect_rates rates{1, 10};
    for (std::uint32_t i = 0; i != 1000; ++i)
        rates.take(number(i), start);
    CHECK(rates.size() == 1000);
    for (std::uint32_t i = 0; i != 500; ++i)
        rates.take(number(0), start + 1h + i * 1s);
    CHECK(rates.size() == 1);
}

TEST_CASE("many addresses are kept up to a number, and those that use the most stay", "[connect_rates]")
{
    connect_rates rates{1, 5, 100};
    for (int i = 0; i != 5; ++i)
        CHECK_FALSE(rates.take(number(0), start));
    for (std::uint32_t i = 1; i != 100'000; ++i)
        REQUIRE_FALSE(rates.take(number(i), start));
    CHECK(rates.size() == 100);
    CHECK(rates.take(number(0), start) == 1s);
}

TEST_CASE("an address that was forgotten may do what one that was never seen may, and no more", "[connect_rates]")
{
    connect_rates rates{1, 3, 1};
    for (int round = 0; round != 3; ++round) {
        for (int i = 0; i != 3; ++i)
            CHECK_FALSE(rates.take(number(1), start));
        CHECK(rates.take(number(1), start) == 1s);
        CHECK_FALSE(rates.take(number(2), start)); // in its place
        CHECK(rates.size() == 1);
    }
}
