// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_ROOM_STATE_HPP
#define FANFARE_DETAIL_ROOM_ROOM_STATE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/delivery.hpp>
#include <fanfare/detail/room/namespace_rules.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/detail/wire/frame.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fanfare::detail {

class room_registry;

/// One shard's part of a room: its members there. Only that shard touches it, but for the two counters.
struct shard_room {
    std::vector<std::uint32_t> members; // slots; dense, in no order
    std::vector<shared_frame> pending;  // published, not yet under way
    std::unique_ptr<delivery> under_way;
    bool dirty = false;                  // queued for delivery
    std::uint8_t number = 0;             // of the namespace; see namespace_rules
    std::atomic<std::uint32_t> count{0}; // of members
    /// Joins that are queued for the shard: a message published after them has to go the same way.
    std::atomic<std::uint32_t> joining{0};
    /// Grows when the shard begins to be concerned: what was queued before is not for those who have joined since.
    std::atomic<std::uint32_t> generation{0};
    /// In rooms with history: the last message that the members got, and where the stream was when the shard began to be
    /// concerned, under the stream's lock. Both without an epoch while nobody knows.
    position last{};
    std::uint32_t last_set_in = 0; // generation
    position begins_after{};

    bool concerned() const noexcept { return count.load() != 0 || joining.load() != 0; }
};

/// A room as the whole hub knows it. Lives while it has members, handles, or messages under way.
struct room_state {
    room_state(room_registry& owner, std::string_view called, std::shared_ptr<const namespace_rules> rules,
               std::size_t shards)
        : registry{owner}, name{called}, options{std::move(rules)},
          stream{options->history != 0 ? std::make_unique<stream_sequencer>() : nullptr},
          parts{std::make_unique<shard_room[]>(shards)}
    {
        for (std::size_t i = 0; i != shards; ++i)
            parts[i].number = options->number;
    }

    room_registry& registry;
    const std::string name;
    const std::shared_ptr<const namespace_rules> options;
    const std::unique_ptr<stream_sequencer> stream; // of a room with history
    const std::unique_ptr<shard_room[]> parts;      // by shard
    std::atomic<std::uint32_t> total{0};            // members on all shards
    /// Whether somebody here gets the room's messages, or is about to.
    bool concerned(std::size_t shards) const noexcept
    {
        for (std::size_t i = 0; i != shards; ++i)
            if (parts[i].concerned())
                return true;
        return false;
    }
    /// The stream's position has become known, which it was not when some shards began to be concerned. Under its lock.
    void note_beginning(const position& at) noexcept;
    // On the bus; all three under the registry's lock.
    std::uint32_t holds = 0;                                     // members, and joins that wait for the bus
    bool in_force = false;                                       // the bus carries the room's messages to this hub
    std::unique_ptr<std::vector<std::function<void()>>> waiting; // for `in_force`
    std::atomic<std::uint32_t> references{0};
};

void intrusive_ptr_release(room_state* r) noexcept;
inline void intrusive_ptr_add_ref(room_state* r) noexcept
{
    r->references.fetch_add(1, std::memory_order_relaxed);
}
using room_ptr = boost::intrusive_ptr<room_state>;

/// The rooms of a hub by name. Thread-safe.
class room_registry {
public:
    explicit room_registry(std::size_t shards) : shards_{shards} {}

    /// The room if it lives.
    room_ptr find(std::string_view name);
    /// The room, made with `options` if need be.
    room_ptr obtain(std::string_view name, const std::shared_ptr<const namespace_rules>& options);
    std::size_t size() const;
    /// Calls `f` for every room, under the room's lock.
    template <class F>
    void for_each(F f)
    {
        for (std::size_t i = 0; i != stripes_.size(); ++i)
            for_each_in(i, f);
    }
    /// The same for the rooms of one of `parts()` parts, under the lock of these.
    template <class F>
    void for_each_in(std::size_t part, F f)
    {
        auto& s = stripes_[part];
        const std::lock_guard lock{s.mutex};
        for (auto& [name, room] : s.rooms)
            f(*room);
    }
    std::size_t parts() const noexcept { return stripes_.size(); }
    /// Calls `f` under the lock that guards where the room's members begin to get its messages.
    template <class F>
    void with_stream(const room_state& room, F f)
    {
        const std::lock_guard lock{room.stream ? room.stream->mutex : stripe_of(room.name).mutex};
        f();
    }
    /// Calls `f` under the lock that guards this room's place on the bus.
    template <class F>
    void with_lock(const room_state& room, F f)
    {
        const std::lock_guard lock{stripe_of(room.name).mutex};
        f();
    }

    /// Notes that a join is queued for a shard: what is published from now on has to go the same way. Whoever calls it
    /// takes one from `shard_room::joining` when the join is done.
    void mark_joining(room_state& room, std::size_t shard_index);
    /// Of the hub.
    std::size_t shards() const noexcept { return shards_; }

private:
    friend void intrusive_ptr_release(room_state* r) noexcept;
    struct name_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };
    struct alignas(64) stripe {
        mutable std::mutex mutex;
        std::unordered_map<std::string_view, std::unique_ptr<room_state>, name_hash, std::equal_to<>> rooms;
    };
    stripe& stripe_of(std::string_view name) { return stripes_[name_hash{}(name) % stripes_.size()]; }

    std::size_t shards_;
    std::array<stripe, 16> stripes_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/room/room_state.ipp>
#endif

#endif
