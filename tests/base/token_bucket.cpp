// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/detail/base/token_bucket.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <random>

using fanfare::detail::token_bucket;

namespace {

// How many of `tries` messages at one moment pass.
std::uint32_t taken(token_bucket& bucket, std::uint32_t now, std::uint32_t rate, std::uint32_t burst,
                    std::uint32_t tries)
{
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < tries; ++i) {
        count += bucket.take(now, rate, burst) ? 1U : 0U;
    }
    return count;
}

} // namespace

TEST_CASE("a new connection may send its whole burst at once, and not one message more", "[token_bucket]")
{
    token_bucket bucket;
    CHECK(taken(bucket, 123'456, 10, 20, 100) == 20);
}

TEST_CASE("a client that used its burst may go on at the rate", "[token_bucket]")
{
    token_bucket bucket;
    REQUIRE(taken(bucket, 1000, 10, 5, 50) == 5);
    CHECK_FALSE(bucket.take(1099, 10, 5));
    CHECK(bucket.take(1100, 10, 5));
    CHECK_FALSE(bucket.take(1100, 10, 5));
    CHECK(taken(bucket, 1400, 10, 5, 50) == 3);
}

TEST_CASE("a refused message costs nothing", "[token_bucket]")
{
    token_bucket bucket;
    REQUIRE(taken(bucket, 0, 1, 1, 1000) == 1);
    CHECK(bucket.take(1000, 1, 1));
}

TEST_CASE("parts of a message's time are not lost between calls", "[token_bucket]")
{
    token_bucket bucket;
    REQUIRE(taken(bucket, 0, 3, 1, 2) == 1);
    std::uint32_t passed = 0;
    for (std::uint32_t now = 1; now <= 10'000; ++now) {
        passed += bucket.take(now, 3, 1) ? 1U : 0U;
    }
    CHECK(passed >= 29); // 334 ms each, since a millisecond is the clock's step
    CHECK(passed <= 30);
}

TEST_CASE("a client that was silent for weeks has one burst, not weeks of messages", "[token_bucket]")
{
    token_bucket bucket;
    REQUIRE(taken(bucket, 0, 1'000'000, 50, 100) == 50);
    CHECK(taken(bucket, 4'000'000'000U, 1'000'000, 50, 1000) == 50);
}

TEST_CASE("the limit holds across the turn of the 32-bit clock", "[token_bucket]")
{
    token_bucket bucket;
    const std::uint32_t before = UINT32_MAX - 99;
    REQUIRE(taken(bucket, before, 10, 4, 10) == 4);
    CHECK_FALSE(bucket.take(UINT32_MAX, 10, 4));
    CHECK(bucket.take(before + 100, 10, 4)); // that is 0
    CHECK(taken(bucket, before + 300, 10, 4, 10) == 2);
}

TEST_CASE("a connection that begins just before the clock's turn gets its messages back in time", "[token_bucket]")
{
    for (std::uint32_t before = 1; before <= 70'000; before += 999) {
        token_bucket bucket;
        REQUIRE(taken(bucket, 0U - before, 10, 4, 10) == 4);
        REQUIRE(taken(bucket, 0U - before + 200, 10, 4, 10) == 2);
    }
}

TEST_CASE("a clock that stands still or lags gives nothing away", "[token_bucket]")
{
    token_bucket bucket;
    REQUIRE(taken(bucket, 70'000, 10, 3, 10) == 3);
    CHECK_FALSE(bucket.take(70'000, 10, 3));
    CHECK_FALSE(bucket.take(69'000, 10, 3));
    CHECK_FALSE(bucket.take(10'000, 10, 3));
    CHECK_FALSE(bucket.take(70'099, 10, 3)); // nor does the way back count as time
    CHECK(bucket.take(70'100, 10, 3));
}

TEST_CASE("rate 0 means no limit, burst 0 means one message at a time", "[token_bucket]")
{
    token_bucket unlimited;
    CHECK(taken(unlimited, 5, 0, 0, 100'000) == 100'000);
    token_bucket single;
    CHECK(taken(single, 5, 10, 0, 10) == 1);
    CHECK(taken(single, 105, 10, 0, 10) == 1);
}

TEST_CASE("the largest limits do not overflow", "[token_bucket]")
{
    token_bucket bucket;
    CHECK(taken(bucket, 0, UINT32_MAX, UINT32_MAX, 4'400'000) == 4'294'967);
    CHECK(taken(bucket, 1'000'000, UINT32_MAX, UINT32_MAX, 1000) == 1000);
}

TEST_CASE("a limit that was lowered holds at once", "[token_bucket]")
{
    token_bucket bucket;
    REQUIRE(taken(bucket, 0, 10, 100, 50) == 50);
    CHECK_FALSE(bucket.take(0, 10, 20));
    CHECK(bucket.take(4000, 10, 20));
}

TEST_CASE("whatever the arrivals, no more passes than the burst plus the rate's share of the time",
          "[token_bucket]")
{
    std::mt19937 random{20'260'101}; // NOLINT: the same numbers in every run
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random()) % end; };
    for (int round = 0; round < 200; ++round) {
        const std::uint32_t rate = 1 + below(200);
        const std::uint32_t burst = 1 + below(50);
        const std::uint32_t start = below(UINT32_MAX);
        token_bucket bucket;
        std::uint64_t elapsed = 0;
        std::uint64_t passed = 0;
        for (int i = 0; i < 500; ++i) {
            elapsed += below(40);
            passed += bucket.take(start + static_cast<std::uint32_t>(elapsed), rate, burst) ? 1U : 0U;
            REQUIRE(passed * 1000 <= burst * 1000 + elapsed * rate);
        }
        // And a client that asks all the time gets all that it may have, but for the last one. (With a burst of 1
        // the bucket has no room for the parts of a message that a millisecond gives back too much.)
        if (burst == 1) {
            continue;
        }
        token_bucket greedy;
        std::uint64_t got = 0;
        for (std::uint32_t now = 0; now <= 2000; ++now) {
            while (greedy.take(start + now, rate, burst)) {
                ++got;
            }
        }
        REQUIRE(got >= std::uint64_t{burst} + 2 * rate - 1);
        REQUIRE(got <= std::uint64_t{burst} + 2 * rate);
    }
}
