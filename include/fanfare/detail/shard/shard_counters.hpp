// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_COUNTERS_HPP
#define FANFARE_DETAIL_SHARD_SHARD_COUNTERS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/base/counter.hpp>
#include <fanfare/detail/base/counter_sets.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/base/tracked_size.hpp>
#include <fanfare/options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fanfare::detail {

/// What a shard counts; see `hub_stats` and docs/metrics.md for the meanings.
struct shard_counters {
    gauge connections;
    counter accepted, closed;
    counter delivered, writes, sent_bytes, short_writes, conflated, resynced;
    std::array<counter, 4> dropped; // by overflow_policy
    counter slow_closed, write_timeouts, idle_timeouts;
    counter received, received_bytes, bad_messages, rate_limited, protocol_errors, handler_failures;
    counter refreshes, refresh_failures;
    std::array<gauge, connection_kinds> open;
    std::array<counter, connection_kinds> opened;
    close_counters closed_with;
    std::array<counter, request_type_names.size()> requests;
    waiting_gauges outboxes;
    gauge slow_connections;

    counter& dropped_by(overflow_policy policy) noexcept { return dropped[static_cast<std::size_t>(policy)]; }
    std::uint64_t dropped_by(overflow_policy policy) const noexcept
    {
        return dropped[static_cast<std::size_t>(policy)].get();
    }
    /// A connection of this kind begins, and ends.
    void begin(std::size_t kind) noexcept
    {
        open[kind].add();
        opened[kind].add();
    }
    void end(std::size_t kind, close_code why) noexcept
    {
        open[kind].subtract();
        closed_with.add(why);
    }
};

} // namespace fanfare::detail

#endif
