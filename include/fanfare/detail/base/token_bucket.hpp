// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_TOKEN_BUCKET_HPP
#define FANFARE_DETAIL_BASE_TOKEN_BUCKET_HPP

#include <fanfare/config.hpp>

#include <algorithm>
#include <cstdint>

namespace fanfare::detail {

// A rate limit for one connection: `burst` messages at once, `rate` a second over time.
//
// Two words of state, because every connection has one; the limits belong to the hub and come with each call. What
// is counted is how much of the burst is used, in thousandths of a message, so that a new bucket is full without
// knowing its limits, and so that a millisecond at N messages a second gives back exactly N units.
class token_bucket {
public:
    // Takes one message at `now`, milliseconds of a steady clock modulo 2^32. Answers false, and takes nothing, if
    // the burst is used up. `rate_per_second` 0 means no limit. `burst` counts as 1 to 4,294,967.
    //
    // A `now` up to a minute before the latest one counts as that one: a cached clock may lag. After 49 days
    // without a call the clock has come round and the bucket may seem idle for less than it was.
    constexpr bool take(std::uint32_t now, std::uint32_t rate_per_second, std::uint32_t burst) noexcept
    {
        if (rate_per_second == 0) {
            return true;
        }
        const std::uint32_t elapsed = now - latest_;
        // Nothing used, nothing to give back: also the state of a new bucket, which has seen no clock yet.
        if (used_ == 0 || elapsed <= UINT32_MAX - longest_lag) {
            const std::uint64_t given_back = std::uint64_t{elapsed} * rate_per_second;
            used_ = given_back >= used_ ? 0 : static_cast<std::uint32_t>(used_ - given_back);
            latest_ = now;
        }
        const std::uint32_t capacity = std::clamp(burst, std::uint32_t{1}, UINT32_MAX / one) * one;
        if (used_ > capacity - one) {
            return false;
        }
        used_ += one;
        return true;
    }

private:
    static constexpr std::uint32_t one = 1000;
    static constexpr std::uint32_t longest_lag = 60'000;

    std::uint32_t used_ = 0;
    std::uint32_t latest_ = 0;
};

static_assert(sizeof(token_bucket) == 8);

} // namespace fanfare::detail

#endif
