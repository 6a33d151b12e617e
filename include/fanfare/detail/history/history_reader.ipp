// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_HISTORY_READER_IPP
#define FANFARE_DETAIL_HISTORY_HISTORY_READER_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/history/history_reader.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::detail {

FANFARE_DECL history_limits limits_of(const room_options& rules)
{
    return {rules.history, rules.history_age, rules.idempotency_window};
}

FANFARE_DECL void history_reader::read_store(std::string_view room, const history_query& query, history_done done)
{
    count_.store_reads.add();
    store_.async_read(
        room, query, [this, keep = life_.keep(), done = std::move(done)](const error_code& ec, history_page page) {
            if (ec)
                count_.store_failures.add();
            done(ec, std::move(page));
        });
}

// What nobody but the members needs ends with them: a read that was put off, or waited for its turn, would wake a store
// that was told to rest, and no context would ever be without work.
FANFARE_DECL void history_reader::read_for_members(std::string_view room, const history_query& query,
                                                   history_done done)
{
    if (life_.ended())
        return done(error::shutting_down, {});
    read_store(room, query, std::move(done));
}

// ---- a room's position

FANFARE_DECL bool history_reader::learn_position(const room_ptr& room, std::function<void()> then)
{
    if (!room->stream)
        return false;
    {
        const std::lock_guard lock{room->stream->mutex};
        if (room->stream->last())
            return false;
        room->stream->seeding.push_back(std::move(then));
        if (room->stream->seeding.size() > 1)
            return true;
    }
    read_position(room);
    return true;
}

FANFARE_DECL void history_reader::read_position(const room_ptr& room)
{
    read_for_members(
        room->name, {.limits = limits_of(*room->options)},
        [this, keep = life_.keep(), room](error_code ec, const history_page& page) {
            std::vector<std::function<void()>> waiting;
            {
                const std::lock_guard lock{room->stream->mutex};
                if (std::exchange(room->stream->seed_again, false) && !ec)
                    // Not from here: the store may hold a lock.
                    return home_of(room->name).post([this, keep, room](shard&) { read_position(room); });
                if (!ec && !room->stream->last()) {
                    room->note_beginning(page.top);
                    room->stream->seed(page.top);
                    if (room->total.load() != 0 && on_late_position)
                        on_late_position(room, page.top);
                }
                waiting.swap(room->stream->seeding);
            }
            for (const auto& tell : waiting)
                tell();
        });
}

// ---- shared reads

inline constexpr std::chrono::milliseconds pause_before_next_try{250};

FANFARE_DECL void history_reader::read_after(const room_ptr& room, history_need what,
                                             std::function<void(const shared_slice&)> then)
{
    if (what.patience.count() > 0)
        read_until(later(std::chrono::steady_clock::now(), what.patience), room, what, std::move(then));
    else
        enter(room, std::move(what), std::move(then));
}

// As often as the store says that it is away. By the clock: it may take its time to say so.
FANFARE_DECL void history_reader::read_until(time_point end, const room_ptr& room, const history_need& what,
                                             std::function<void(const shared_slice&)> then)
{
    enter(room, what,
          [this, keep = life_.keep(), end, room, what, then = std::move(then)](const shared_slice& slice) {
              if (slice->error != error::bus_unavailable || life_.stopping() ||
                  std::chrono::steady_clock::now() >= end)
                  return then(slice);
              // Not from here: the room's shard may have ended with its context.
              home_of(room->name).post([this, keep, end, room, what, then](shard& home) {
                  home.run_after(pause_before_next_try, [this, keep, end, room, what, then](shard&) {
                      if (!what.wanted || what.wanted())
                          read_until(end, room, what, then);
                  });
              });
          });
}

FANFARE_DECL void history_reader::enter(const room_ptr& room, history_need what,
                                        std::function<void(const shared_slice&)> then)
{
    auto& stream = *room->stream;
    {
        const std::lock_guard lock{stream.mutex};
        const auto at = what.urgent ? stream.readers.begin() : stream.readers.end();
        stream.readers.insert(at, {what.from, std::move(then), what.messages, std::move(what.wanted),
                                   what.urgent ? 0 : ++stream.tickets});
        if (std::exchange(stream.reading, true))
            return;
    }
    begin_next_read(room);
}

// Rooms are spread over the shards.
FANFARE_DECL shard& history_reader::home_of(std::string_view room) const
{
    return shards_[std::hash<std::string_view>{}(room) % shards_.size()];
}

// Drops the readers that nobody waits for. If that leaves none, the room does not read any more.
inline read_standing readers_of(stream_sequencer& stream)
{
    std::vector<stream_sequencer::reader> gone; // destroyed after the lock
    const std::lock_guard lock{stream.mutex};
    const auto wanted = [](const stream_sequencer::reader& one) { return !one.wanted || one.wanted(); };
    const auto rest = std::stable_partition(stream.readers.begin(), stream.readers.end(), wanted);
    gone.assign(std::make_move_iterator(rest), std::make_move_iterator(stream.readers.end()));
    stream.readers.erase(rest, stream.readers.end());
    stream.reading = !stream.readers.empty();
    return stream.reading ? read_standing::ready : read_standing::gone;
}

// Not at once: those who ask in this turn share it, and the caller may be inside of the store, under its lock.
FANFARE_DECL void history_reader::begin_next_read(const room_ptr& room)
{
    home_of(room->name).post([this, keep = life_.keep(), room](shard& home) {
        home.reads.enter(read_kind::recovery,
                         {.ask = [room] { return readers_of(*room->stream); },
                          .start = [this, keep, room](const read_turn& turn) { next_read(room, turn); }});
    });
}

// Takes out those whose positions are of one epoch: what belongs to another cannot make their read longer. Under the
// stream's lock.
inline std::vector<stream_sequencer::reader> take_readers_of_one_epoch(stream_sequencer& stream)
{
    auto& waiting = stream.readers;
    const auto epoch = waiting.front().from.epoch;
    const auto others = std::stable_partition(waiting.begin(), waiting.end(),
                                              [epoch](const auto& one) { return one.from.epoch == epoch; });
    std::vector<stream_sequencer::reader> taken(std::make_move_iterator(waiting.begin()),
                                                std::make_move_iterator(others));
    waiting.erase(waiting.begin(), others);
    return taken;
}

// The earliest offset that somebody has who wants messages.
inline std::uint64_t first_to_read(const std::vector<stream_sequencer::reader>& all)
{
    auto from = max_offset;
    for (const auto& one : all)
        if (one.messages)
            from = std::min(from, one.from.offset);
    return from;
}

// A page of the store as frames, which all readers share, also with those of the page before.
FANFARE_DECL shared_slice history_reader::make_slice(const room_state& room, error_code ec,
                                                     const history_page& page, std::uint64_t from)
{
    const auto slice = std::make_shared<history_slice>();
    slice->error = ec;
    slice->top = page.top;
    slice->from = from;
    slice->oldest = page.oldest;
    slice->began = page.began;
    slice->frames.reserve(page.messages.size());
    const auto known = recent_.find(room.name, page.top.epoch);
    for (const auto& m : page.messages) {
        auto f = frame_of(known, m);
        if (!f)
            f = encode_stored(m.body, {room.name, m.key, m.except, {page.top.epoch, m.offset}});
        slice->bytes += f->wire().size();
        slice->frames.push_back(std::move(f));
    }
    recent_.add(room.name, slice);
    return slice;
}

// One read for all who wait; where one page is not enough for them, from the earliest place of all, and then from that
// of who has waited for longest. Whoever lacks more than `max_recovery` messages is told so: nobody reads for them.
FANFARE_DECL void history_reader::next_read(const room_ptr& room, const read_turn& turn)
{
    readers all;
    history_query query{.limit = std::min(room->options->history, options_.max_recovery),
                        .bytes = page_bytes(),
                        .limits = limits_of(*room->options)};
    std::uint64_t floor = 0;
    {
        auto& stream = *room->stream;
        const std::lock_guard lock{stream.mutex};
        all = take_readers_of_one_epoch(stream);
        const auto& last = stream.last();
        if (all.front().from.epoch == last.epoch && last.offset > query.limit)
            floor = last.offset - query.limit;
        const bool leads = stream.first_leads && all.front().messages;
        query.from = std::max(floor, leads ? all.front().from.offset : first_to_read(all));
    }
    if (std::none_of(all.begin(), all.end(), [](const auto& one) { return one.messages; })) {
        query.limit = 0;
        query.from = floor;
    }
    read_for_members(room->name, query,
                     [this, turn, keep = life_.keep(), room, all = std::move(all), from = query.from,
                      floor](error_code ec, const history_page& page) mutable {
                         answer(room, std::move(all), make_slice(*room, ec, page, from), floor);
                     });
}

// What is known without the messages.
inline shared_slice without_messages(const history_slice& slice, std::uint64_t floor)
{
    return std::make_shared<const history_slice>(history_slice{
        .error = slice.error, .top = slice.top, .from = floor, .oldest = slice.oldest, .began = slice.began});
}

// Whether the page is the one that a reader needs; else it waits for another one.
inline bool is_page_for(const stream_sequencer::reader& one, const history_slice& slice, std::uint64_t floor)
{
    if (slice.error || one.from.epoch != slice.top.epoch || one.from.offset > slice.top.offset)
        return true;
    const auto at = std::max(one.from.offset, floor);
    return at >= slice.from && (slice.frames.empty() || at < slice.frames.back()->at().offset ||
                                slice.frames.back()->at().offset >= slice.top.offset);
}

FANFARE_DECL void history_reader::answer(const room_ptr& room, readers all, const shared_slice& slice,
                                         std::uint64_t floor)
{
    const auto bare = without_messages(*slice, floor);
    const auto rest = std::stable_partition(
        all.begin(), all.end(), [&](const auto& one) { return !one.messages || is_page_for(one, *slice, floor); });
    for (auto one = all.begin(); one != rest; ++one)
        one->then(one->messages ? slice : bare);
    {
        auto& stream = *room->stream;
        const std::lock_guard lock{stream.mutex};
        stream.first_leads = rest != all.end() && !stream.first_leads;
        readers came = std::exchange(stream.readers, {});
        stream.readers.reserve(came.size() + static_cast<std::size_t>(all.end() - rest));
        std::merge(std::make_move_iterator(came.begin()), std::make_move_iterator(came.end()),
                   std::make_move_iterator(rest), std::make_move_iterator(all.end()),
                   std::back_inserter(stream.readers),
                   [](const auto& a, const auto& b) { return a.ticket < b.ticket; });
        stream.reading = !stream.readers.empty();
        if (!stream.reading)
            return;
    }
    begin_next_read(room);
}

// ---- pages

FANFARE_DECL void history_reader::read_page(std::string_view room, const history_request& what,
                                            std::function<void(error_code, history_part)> then)
{
    error_code ec;
    const auto rules = rules_.rules_to_read(room, ec);
    if (rules && rules->history == 0)
        ec = error::no_history;
    if (ec)
        return then(ec, {});
    history_query query{.limit = std::clamp<std::size_t>(what.limit, 1, max_history_page),
                        .bytes = what.bytes,
                        .newest_first = what.newest_first,
                        .limits = limits_of(*rules)};
    if (what.since)
        query.from = what.since->offset;
    if (what.newest_first && what.since && query.from == 0)
        query.limit = 0; // before the first there is nothing
    read_store(room, query, [what, then = std::move(then)](error_code failed, history_page page) {
        if (!failed && what.since &&
            (what.since->epoch != page.top.epoch ||
             what.since->offset > page.top.offset + (what.newest_first ? 1 : 0)))
            failed = error::invalid_position;
        if (failed)
            return then(failed, {});
        history_part out{.top = page.top, .oldest = page.oldest};
        for (const auto& m : page.messages)
            out.messages.emplace_back(encode_stored(m.body, {.at = {page.top.epoch, m.offset}})->payload());
        if (!page.messages.empty()) { // the store may have cut it short
            const auto last = page.messages.back().offset;
            out.more = what.newest_first ? last > page.oldest : last < page.top.offset;
        }
        then({}, std::move(out));
    });
}

FANFARE_DECL void history_reader::read_page_in_turn(std::string_view name, const history_request& what,
                                                    std::function<void(error_code, history_part)> then,
                                                    std::function<bool()> wanted)
{
    shards_.read_in_turn(home_of(name), read_kind::page, std::move(wanted),
                         [this, keep = life_.keep(), room = std::string{name}, what,
                          then = std::move(then)](error_code ec, const read_turn& turn) {
                             if (ec)
                                 return then(ec, {});
                             read_page(room, what, [turn, then](error_code failed, history_part part) {
                                 then(failed, std::move(part));
                             });
                         });
}

} // namespace fanfare::detail

#endif
