// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_HUB_COUNTERS_HPP
#define FANFARE_DETAIL_BASE_HUB_COUNTERS_HPP

#include <fanfare/config.hpp>

#include <atomic>
#include <cstdint>

namespace fanfare::detail {

/// A number that any thread changes and reads.
class shared_counter {
public:
    void add() noexcept { value_.fetch_add(1, std::memory_order_relaxed); }
    void subtract() noexcept { value_.fetch_sub(1, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What a hub counts besides its shards; see `hub_stats` for the meanings. On a cache line of its own: publishers write
/// it all the time, and what stands beside it is read by the shards' threads.
struct alignas(64) hub_counters {
    shared_counter users;
    shared_counter published, publish_refused, missed, holes;
    shared_counter store_reads, store_failures;
    shared_counter recovered, not_recovered;
    shared_counter tls_handshakes, tls_resumed, tls_failed;

    void count_recovered(bool whole) noexcept { (whole ? recovered : not_recovered).add(); }
};

} // namespace fanfare::detail

#endif
