// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_ROOM_PREPARATION_HPP
#define FANFARE_DETAIL_HISTORY_ROOM_PREPARATION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/history/history_reader.hpp>
#include <fanfare/detail/room/bus_subscriptions.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace fanfare::detail {

/// What has to be so before somebody joins a room: the bus carries its messages to this hub, and in a room with history
/// its position is known. What is published from then on reaches the new member.
class room_preparation {
public:
    /// As long as one lives, the bus carries the rooms that it was given for.
    using hold_ptr = std::shared_ptr<void>;

    room_preparation(room_registry& rooms, bus_subscriptions& subscriptions, history_reader& history,
                     const lifetime& life)
        : rooms_{rooms}, subscriptions_{subscriptions}, history_{history}, life_{life}
    {}
    room_preparation(const room_preparation&) = delete;
    room_preparation& operator=(const room_preparation&) = delete;

    /// How long a join waits for a room's position. Then the member begins with whatever comes, as where the history
    /// cannot be read at all, and is told by a `gap` if the answer comes later.
    static constexpr std::chrono::milliseconds patience{2'000};

    /// Calls `then` on the shard when all these rooms are prepared: before this returns, if they are so already. Only
    /// on the shard. When the hold ends, only members keep a room on the bus.
    void prepare(shard& home, std::vector<room_ptr> rooms, std::function<void(const hold_ptr&)> then);

private:
    struct preparing;

    room_registry& rooms_;
    bus_subscriptions& subscriptions_;
    history_reader& history_;
    const lifetime& life_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/history/room_preparation.ipp>
#endif

#endif
