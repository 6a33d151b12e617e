// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_ORDERED_DELIVERY_HPP
#define FANFARE_DETAIL_HISTORY_ORDERED_DELIVERY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/hub_counters.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/history/history_reader.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/detail/wire/frame.hpp>

#include <cstdint>
#include <string_view>

namespace fanfare::detail {

/// Hands the messages of rooms on to the shards: of a room with history in the order of the offsets, and without a hole
/// that the history could fill. Thread-safe.
class ordered_delivery {
public:
    ordered_delivery(room_registry& rooms, const shard_set& shards, history_reader& history,
                     const hub_handlers& handlers, hub_counters& count, const lifetime& life)
        : rooms_{rooms}, shards_{shards}, history_{history}, handlers_{handlers}, count_{count}, life_{life}
    {
        history_.on_late_position = [this](const room_ptr& room, const position& at) { told_late(*room, at); };
    }
    ordered_delivery(const ordered_delivery&) = delete;
    ordered_delivery& operator=(const ordered_delivery&) = delete;

    /// A message for the members of a room, as it comes from the bus.
    void deliver(room_state& room, shared_frame message);
    /// Messages of the room may have passed this hub by, between those before and those after: its members get them
    /// from the history, or are told by a `gap` message. An empty room means broadcasts. Raw connections are not told.
    void missed(std::string_view room);

private:
    void told_late(room_state& room, const position& at);
    void repair(const room_ptr& room);
    void repaired(const room_ptr& room, const history_slice& slice, std::uint64_t round);

    room_registry& rooms_;
    const shard_set& shards_;
    history_reader& history_;
    const hub_handlers& handlers_;
    hub_counters& count_;
    const lifetime& life_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/history/ordered_delivery.ipp>
#endif

#endif
