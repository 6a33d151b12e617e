// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_HISTORY_READER_IPP
#define FANFARE_DETAIL_HISTORY_HISTORY_READER_IPP

#include <fanfare/detail/history/history_reader.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
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
    read_store(room->name, {.limits = limits_of(*room->options)},
               [this, keep = life_.keep(), room](error_code ec, const history_page& page) {
                   std::vector<std::function<void()>> waiting;
                   {
                       const std::lock_guard lock{room->stream->mutex};
                       if (std::exchange(room->stream->seed_again, false) && !ec)
                           // Not from here: the store may hold a lock.
                           return first_.post([this, keep, room](shard&) { read_position(room); });
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

FANFARE_DECL void history_reader::read_after(const room_ptr& room, const position& from,
                                             std::function<void(const shared_slice&)> then, bool patient)
{
    {
        const std::lock_guard lock{room->stream->mutex};
        auto& reads = room->stream->reads(patient);
        reads.readers.push_back({from, std::move(then)});
        if (std::exchange(reads.reading, true))
            return;
    }
    begin_next_read(room, patient);
}

// Not at once: those who ask in this turn share it, and the caller may be inside of the store, under its lock.
FANFARE_DECL void history_reader::begin_next_read(const room_ptr& room, bool patient)
{
    first_.post([this, keep = life_.keep(), room, patient](shard&) { next_read(room, patient); });
}

// Takes out those whose positions are of one epoch: what belongs to another cannot make their read longer. Under the
// stream's lock.
inline std::vector<stream_sequencer::reader>
take_readers_of_one_epoch(std::vector<stream_sequencer::reader>& waiting)
{
    const auto epoch = waiting.front().from.epoch;
    const auto others = std::stable_partition(waiting.begin(), waiting.end(),
                                              [epoch](const auto& one) { return one.from.epoch == epoch; });
    std::vector<stream_sequencer::reader> taken(std::make_move_iterator(waiting.begin()),
                                                std::make_move_iterator(others));
    waiting.erase(waiting.begin(), others);
    return taken;
}

// The earliest offset that somebody has. Whoever lacks more than `most` is told so: nobody reads for them.
inline std::uint64_t first_to_read(const std::vector<stream_sequencer::reader>& all, const position& last,
                                   std::size_t most)
{
    const auto earliest = last.offset > most ? last.offset - most : 0;
    auto from = max_offset;
    for (const auto& one : all)
        from =
            std::min(from, one.from.epoch == last.epoch ? std::max(one.from.offset, earliest) : one.from.offset);
    return from;
}

// A page of the store as frames, which all readers share.
inline shared_slice make_slice(const room_state& room, error_code ec, const history_page& page, std::uint64_t from)
{
    const auto slice = std::make_shared<history_slice>();
    slice->error = ec;
    slice->top = page.top;
    slice->from = from;
    slice->oldest = page.oldest;
    slice->began = page.began;
    slice->frames.reserve(page.messages.size());
    for (const auto& m : page.messages)
        slice->frames.push_back(encode_stored(m.body, {room.name, m.key, m.except, {page.top.epoch, m.offset}}));
    return slice;
}

// One read for all who wait.
FANFARE_DECL void history_reader::next_read(const room_ptr& room, bool patient)
{
    std::vector<stream_sequencer::reader> all;
    history_query query{.limit = std::min(room->options->history, max_recovery_),
                        .limits = limits_of(*room->options),
                        .patient = patient};
    {
        const std::lock_guard lock{room->stream->mutex};
        all = take_readers_of_one_epoch(room->stream->reads(patient).readers);
        query.from = first_to_read(all, room->stream->last(), query.limit);
    }
    read_store(room->name, query,
               [this, keep = life_.keep(), room, all = std::move(all), from = query.from,
                patient](error_code ec, const history_page& page) {
                   const auto slice = make_slice(*room, ec, page, from);
                   for (const auto& one : all)
                       one.then(slice);
                   {
                       const std::lock_guard lock{room->stream->mutex};
                       auto& reads = room->stream->reads(patient);
                       if (reads.readers.empty()) {
                           reads.reading = false;
                           return;
                       }
                   }
                   begin_next_read(room, patient);
               });
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
    const auto limit = std::clamp<std::size_t>(what.limit, 1, max_history_page);
    history_query query{.limit = limit, .newest_first = what.newest_first, .limits = limits_of(*rules)};
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

} // namespace fanfare::detail

#endif
