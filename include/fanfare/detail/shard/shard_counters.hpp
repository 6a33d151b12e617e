// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_COUNTERS_HPP
#define FANFARE_DETAIL_SHARD_SHARD_COUNTERS_HPP

#include <fanfare/config.hpp>

#include <atomic>
#include <cstdint>

namespace fanfare::detail {

/// A number that one thread changes and any thread reads.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept
    {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t n = 1) noexcept { add(0 - n); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What a shard counts; see `hub_stats` for the meanings.
struct shard_counters {
    counter connections, accepted, closed;
    counter delivered, writes, short_writes, dropped, conflated;
    counter slow_closed, write_timeouts, idle_timeouts;
    counter received, bad_messages, rate_limited, protocol_errors, handler_failures;
    counter refreshes, refresh_failures;
};

} // namespace fanfare::detail

#endif
