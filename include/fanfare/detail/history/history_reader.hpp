// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_HISTORY_READER_HPP
#define FANFARE_DETAIL_HISTORY_HISTORY_READER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/hub_counters.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/history.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <string_view>

namespace fanfare::detail {

/// Messages of one page of history at most.
inline constexpr std::size_t max_history_page = 1000;

/// What the store is to keep of a room.
history_limits limits_of(const room_options& rules);

/// Reads the histories of rooms for returning clients, for holes in the live stream, and page by page. Thread-safe;
/// handlers come on any thread, maybe before the function returns and under a lock of the store.
class history_reader {
public:
    /// `first` is where reads begin that must not begin inside of the store. `max_recovery` in messages.
    history_reader(any_store& store, shard& first, const namespaces& rules, std::size_t max_recovery,
                   hub_counters& count, const lifetime& life)
        : store_{store}, first_{first}, rules_{rules}, max_recovery_{max_recovery}, count_{count}, life_{life}
    {}
    history_reader(const history_reader&) = delete;
    history_reader& operator=(const history_reader&) = delete;

    /// Calls `then` when the room's position is known, or cannot be; false if there is nothing to wait for.
    bool learn_position(const room_ptr& room, std::function<void()> then);
    /// Reads what is after `from` in a room's history. Those who ask for one room while a read is under way share the
    /// next one: it begins after all their calls. `patient`: the answer may wait for a store that is away; no client waits
    /// for it.
    void read_after(const room_ptr& room, const position& from, std::function<void(const shared_slice&)> then,
                    bool patient = false);
    /// A page of a room's history for a client or the application.
    void read_page(std::string_view room, const history_request& what,
                   std::function<void(error_code, history_part)> then);

    /// Called under the stream's lock when a room's position has become known that its members did not know.
    std::function<void(const room_ptr&, const position&)> on_late_position;

private:
    void read_store(std::string_view room, const history_query& query, history_done done);
    void read_position(const room_ptr& room);
    void begin_next_read(const room_ptr& room, bool patient);
    void next_read(const room_ptr& room, bool patient);

    any_store& store_;
    shard& first_;
    const namespaces& rules_;
    const std::size_t max_recovery_;
    hub_counters& count_;
    const lifetime& life_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/history/history_reader.ipp>
#endif

#endif
