// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_HISTORY_READER_HPP
#define FANFARE_DETAIL_HISTORY_HISTORY_READER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/hub_counters.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/history/recent_pages.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/detail/shard/read_lines.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/history.hpp>
#include <fanfare/options.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Messages of one page of history at most.
inline constexpr std::size_t max_history_page = 1000;

/// What the store is to keep of a room.
history_limits limits_of(const room_options& rules);

/// What somebody needs of a room's history.
struct history_need {
    position from{}; ///< What is after it.
    /// It wants the messages, as many as one page has; not only to know whether they are there.
    bool messages = true;
    /// The live stream of the whole hub waits for it.
    bool urgent = false;
    /// Whether somebody waits for it still; empty: always. Called on any thread.
    std::function<bool()> wanted{};
    /// For how long from the call it is tried again where the store says `bus_unavailable`, without a turn meanwhile; none:
    /// it is not. A try that has begun is waited for.
    std::chrono::milliseconds patience{};

    /// The patience of what members wait for who are in the room already: it may be late, and must not be missing.
    static constexpr std::chrono::milliseconds for_members{30'000};
};

/// Reads the histories of rooms for returning clients, for holes in the live stream, and page by page. Thread-safe;
/// handlers come on any thread, maybe before the function returns and under a lock of the store.
class history_reader {
public:
    history_reader(any_store& store, const shard_set& shards, const namespaces& rules, const hub_options& options,
                   hub_counters& count, const lifetime& life)
        : store_{store}, shards_{shards}, rules_{rules}, options_{options}, count_{count}, life_{life},
          recent_{2 * options.outbox_bytes}
    {}
    history_reader(const history_reader&) = delete;
    history_reader& operator=(const history_reader&) = delete;

    /// Calls `then` when the room's position is known, or cannot be; false if there is nothing to wait for.
    bool learn_position(const room_ptr& room, std::function<void()> then);
    /// Reads what somebody needs of a room's history: a page of `page_bytes`. Those who ask for one room while a read
    /// is under way, and whose places one page has, share the next one: it begins after all their calls. `then` is
    /// destroyed without a call if it is not wanted any more.
    void read_after(const room_ptr& room, history_need what, std::function<void(const shared_slice&)> then);
    /// A page of a room's history, now.
    void read_page(std::string_view room, const history_request& what,
                   std::function<void(error_code, history_part)> then);
    /// The same for the application, or for HTTP, when its turn comes; `too_many_requests` if too many wait. `then` is
    /// destroyed without a call if it is not `wanted` any more; empty: it always is.
    void read_page_in_turn(std::string_view room, const history_request& what,
                           std::function<void(error_code, history_part)> then, std::function<bool()> wanted = {});

    /// Bytes of messages in an answer to a client, and in one read for one that returns: well below what an outbox
    /// holds.
    std::size_t page_bytes() const noexcept { return std::max<std::size_t>(options_.outbox_bytes / 4, 1); }

    /// Called under the stream's lock when a room's position has become known that its members did not know.
    std::function<void(const room_ptr&, const position&)> on_late_position;

private:
    using readers = std::vector<stream_sequencer::reader>;
    using time_point = std::chrono::steady_clock::time_point;

    void read_store(std::string_view room, const history_query& query, history_done done);
    void read_for_members(std::string_view room, const history_query& query, history_done done);
    void read_position(const room_ptr& room);
    shard& home_of(std::string_view room) const;
    void read_until(time_point end, const room_ptr& room, const history_need& what,
                    std::function<void(const shared_slice&)> then);
    void enter(const room_ptr& room, history_need what, std::function<void(const shared_slice&)> then);
    void begin_next_read(const room_ptr& room);
    void next_read(const room_ptr& room, const read_turn& turn);
    void answer(const room_ptr& room, readers all, const shared_slice& slice, std::uint64_t floor);
    shared_slice make_slice(const room_state& room, error_code ec, const history_page& page, std::uint64_t from);

    any_store& store_;
    const shard_set& shards_;
    const namespaces& rules_;
    const hub_options& options_;
    hub_counters& count_;
    const lifetime& life_;
    recent_pages recent_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/history/history_reader.ipp>
#endif

#endif
