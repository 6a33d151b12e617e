// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_SET_HPP
#define FANFARE_DETAIL_SHARD_SHARD_SET_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/shard/read_lines.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace fanfare::detail {

/// All shards of a hub. Thread-safe.
class shard_set {
public:
    /// One shard for each of 1 to 255 executors; throws `std::invalid_argument` for another number, or an empty one.
    shard_set(const std::vector<asio::any_io_executor>& executors, const shard_services& shared);

    /// The shard on which the hub's own affairs are settled: handlers that belong to no connection, timers, cluster.
    shard& first() const noexcept { return *all_.front(); }
    std::size_t size() const noexcept { return all_.size(); }
    auto begin() const noexcept { return all_.begin(); }
    auto end() const noexcept { return all_.end(); }
    shard& operator[](std::size_t index) const noexcept { return *all_[index]; }
    /// The shard of a connection's number; null if there is no such shard.
    shard* of(std::uint64_t number) const noexcept;
    shard& least_loaded() const noexcept;
    /// The one with the longest queue.
    shard& busiest() const noexcept;
    /// Open connections.
    std::size_t connections() const noexcept;

    /// Whether every queue takes a message of so many bytes now; else `queue_full`.
    error_code check_capacity(std::size_t bytes) const noexcept;
    /// Now, by the steady clock, in nanoseconds; 0 if nothing is to be measured.
    std::int64_t measure_from() const noexcept
    {
        return options_.metrics ? std::chrono::steady_clock::now().time_since_epoch().count() : 0;
    }
    /// Queues a message for the room's members, or for every connection.
    void deliver(room_state& room, shared_frame message) const;
    void deliver_to_all(const shared_frame& message) const;
    /// Calls `start` on the shard when it is the turn of a read for the application, or over HTTP; with
    /// `too_many_requests` if too many wait, `shutting_down` if the hub stops meanwhile. Not called if it is not `wanted` any more; empty: it always is.
    void read_in_turn(shard& home, read_kind kind, std::function<bool()> wanted,
                      std::function<void(error_code, const read_turn&)> start) const;

private:
    const hub_options& options_;
    std::vector<std::unique_ptr<shard>> all_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/shard/shard_set.ipp>
#endif

#endif
