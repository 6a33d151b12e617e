// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_HUB_COUNTERS_HPP
#define FANFARE_DETAIL_BASE_HUB_COUNTERS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter.hpp>
#include <fanfare/detail/base/counter_sets.hpp>

namespace fanfare::detail {

/// What a hub counts besides its shards; see `hub_stats` for the meanings. On a cache line of its own: publishers write
/// it all the time, and what stands beside it is read by the shards' threads.
struct alignas(64) hub_counters {
    shared_gauge users;
    namespace_counters published;
    error_counters publish_refused;
    shared_counter missed, holes;
    shared_counter store_reads, store_failures;
    shared_counter recovered, not_recovered;
    shared_counter tls_handshakes, tls_resumed, tls_failed;

    void count_recovered(bool whole) noexcept { (whole ? recovered : not_recovered).add(); }
};

} // namespace fanfare::detail

#endif
