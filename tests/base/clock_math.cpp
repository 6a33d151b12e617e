// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/clock_math.hpp>

using namespace fanfare::detail;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

using wall = std::chrono::system_clock::time_point;
using steady = std::chrono::steady_clock::time_point;

constexpr wall now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 28}};

} // namespace

TEST_CASE("a sum of a time and a length stays within the clock's range", "[clock_math]")
{
    CHECK(later(now, 5ms) == now + 5ms);
    CHECK(later(now, 0ms) == now);
    CHECK(later(now, -5ms) == now);
    CHECK(later(now, milliseconds::min()) == now);
    CHECK(later(now, milliseconds::max()) == wall::max());
    CHECK(later(now, std::chrono::hours{24 * 366 * 300}) == wall::max());
    CHECK(later(steady{}, milliseconds::max()) == steady::max());
    CHECK(later(steady::max(), 1ms) == steady::max());
    CHECK(later(wall::min(), milliseconds::max()) == wall::max());
    CHECK(later(wall::min(), 1ms) == wall::min() + 1ms);
}

TEST_CASE("what is over is over, however long ago", "[clock_math]")
{
    CHECK(time_until(now + 7ms, now) == 7ms);
    CHECK(time_until(now, now) == 0ms);
    CHECK(time_until(now - 1ms, now) == 0ms);
    CHECK(time_until(wall{std::chrono::sys_days{std::chrono::year{1690} / 1 / 1}}, now) == 0ms);
    CHECK(time_until(wall::min(), now) == 0ms);
    CHECK(time_until(wall::max(), now) > std::chrono::hours{24 * 365 * 200});
    CHECK(time_until(wall::max(), wall::min()) > std::chrono::hours{24 * 365 * 200});
    CHECK(time_until(wall{}, wall{} - 3ms) == 3ms);
    CHECK(time_until(wall{} + 1ms, wall::min()) >= 1ms);
}

TEST_CASE("a timer's time is between nothing and a year", "[clock_math]")
{
    CHECK(bounded_time(milliseconds::min()) == 0ms);
    CHECK(bounded_time(5ms) == 5ms);
    CHECK(bounded_time(milliseconds::max()) == longest_time);
}

TEST_CASE("milliseconds that somebody has kept become a time of the clock", "[clock_math]")
{
    CHECK(time_of<wall>(1234ms) == wall{} + 1234ms);
    CHECK(time_of<wall>(milliseconds::max()) > now);
    CHECK(time_of<wall>(milliseconds::min()) < wall{});
}
