// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_CLOCK_MATH_HPP
#define FANFARE_DETAIL_BASE_CLOCK_MATH_HPP

#include <algorithm>
#include <chrono>

namespace fanfare::detail {

// The clocks count nanoseconds in 64 bits: 292 years. What an application or a store gives in milliseconds may be more, and
// a sum beyond the end of the range would be in the past.

/// The longest that a timer is set to. Far beyond it Asio's clocks would be in the past.
inline constexpr std::chrono::milliseconds longest_time = std::chrono::hours{366 * 24};

/// A time for a timer: at least 0, at most `longest_time`.
constexpr std::chrono::milliseconds bounded_time(std::chrono::milliseconds length) noexcept
{
    return std::clamp(length, std::chrono::milliseconds::zero(), longest_time);
}

/// `at + length`, or the end of the clock's range if that is beyond it. A negative length counts as none.
template <class TimePoint>
constexpr TimePoint later(TimePoint at, std::chrono::milliseconds length) noexcept
{
    using std::chrono::milliseconds;
    const auto left = TimePoint::max() - std::max(at, TimePoint{});
    if (length >= std::chrono::duration_cast<milliseconds>(left))
        return TimePoint::max();
    return at + std::max(length, milliseconds::zero());
}

/// How long it is from `now` to `then`; none if that is not after `now`.
template <class TimePoint>
constexpr std::chrono::milliseconds time_until(TimePoint then, TimePoint now) noexcept
{
    if (then <= now)
        return std::chrono::milliseconds::zero();
    const auto begin =
        now < TimePoint{} && then > TimePoint{} ? TimePoint{} : now; // else the difference may overflow
    return std::chrono::duration_cast<std::chrono::milliseconds>(then - begin);
}

/// Milliseconds since the epoch of `TimePoint`, as something else has kept them, within the range of its clock.
template <class TimePoint>
constexpr TimePoint time_of(std::chrono::milliseconds since_epoch) noexcept
{
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    return TimePoint{std::clamp(since_epoch, duration_cast<milliseconds>(TimePoint::min().time_since_epoch()),
                                duration_cast<milliseconds>(TimePoint::max().time_since_epoch()))};
}

} // namespace fanfare::detail

#endif
