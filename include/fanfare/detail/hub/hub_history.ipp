// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_HISTORY_IPP
#define FANFARE_DETAIL_HUB_HUB_HISTORY_IPP

// Rooms with history: from a publish through the store to the bus, from the bus to the shards without a hole, and reads
// for those who come back.

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace fanfare::detail {

inline history_limits limits_of(const room_options& rules)
{
    return {rules.history, rules.history_age, rules.idempotency_window};
}

// ---- publishing: first the store, then the bus

// A publish on its way. The store may answer within the call, or later on any thread.
struct stored_publish : std::enable_shared_from_this<stored_publish> {
    std::shared_ptr<hub_core> hub;
    room_ptr known;
    std::string room;
    std::size_t receivers = 0;
    publish_done done;
    std::thread::id asking = std::this_thread::get_id();
    bool inside = true; // only in that thread
    std::optional<receipt> early;
    bool answered = false;

    void stored(const append_answer& answer)
    {
        if (std::exchange(answered, true))
            return; // the store threw after it had answered
        receipt out{.error = answer.error,
                    .local_receivers = receivers,
                    .position = answer.at,
                    .duplicate = answer.duplicate};
        if (out.error) {
            hub->store_failures_.fetch_add(1, std::memory_order_relaxed);
            out.position = {};
            return tell(out, true);
        }
        if (answer.duplicate)
            return tell(out, true);
        hub->published_.fetch_add(1, std::memory_order_relaxed);
        if (answer.published) {
            out.nodes = answer.nodes;
            out.dispatched_to_cluster = answer.nodes != std::size_t{0};
            return tell(out, true);
        }
        send(*answer.message, out);
    }

    void send(const stored_message& message, receipt out)
    {
        const auto encoded = encode_stored(message.body, {room, message.key, message.except, out.position});
        bus_done told;
        if (done)
            told = [self = shared_from_this(), out](const bus_receipt& fate) mutable {
                out.error = fate.error;
                out.nodes = fate.nodes;
                out.dispatched_to_cluster = fate.dispatched_to_cluster && fate.nodes != std::size_t{0};
                if (fate.error)
                    self->hub->missed(self->room);
                self->done(out);
            };
        const auto taken = hub->bus_.publish({.what = bus_message::kind::room,
                                              .channel = room,
                                              .body = encoded->payload(),
                                              .key = message.key,
                                              .except = message.except,
                                              .at = out.position,
                                              .encoded = encoded.get(),
                                              .origin = hub.get(),
                                              .origin_room = known.get()},
                                             std::move(told));
        out.dispatched_to_cluster = taken.dispatched_to_cluster;
        if (taken.error) {
            out.error = taken.error;
            hub->missed(room); // it is in the history: the members here get it from there
        }
        tell(out, taken.error.failed());
    }

    // `last`: the bus will not tell more.
    void tell(const receipt& out, bool last)
    {
        const bool within = std::this_thread::get_id() == asking && inside;
        if (within)
            early = out;
        if (within && out.error)
            return;
        if (last && done)
            done(out);
        else if (out.error && !done)
            hub->tell_failed(room, out.error);
    }
};

FANFARE_DECL receipt hub_core::publish_stored(std::string_view room, const room_ptr& known,
                                              const room_options& rules, history_append message,
                                              std::size_t receivers, publish_done done)
{
    // What the bus would refuse must not be stored.
    if (const auto ec = check_capacity({.body = message.message.body}))
        return refused(static_cast<error>(ec.value()));
    message.limits = limits_of(rules);
    const auto op = std::make_shared<stored_publish>();
    op->hub = shared_from_this();
    op->known = known;
    op->room = room;
    op->receivers = receivers;
    op->done = std::move(done);
    store_.async_append(std::move(message), [op](const append_answer& answer) { op->stored(answer); });
    op->inside = false;
    if (!op->early)
        return {.local_receivers = receivers};
    if (op->early->error)
        publish_refused_.fetch_add(1, std::memory_order_relaxed);
    return *op->early;
}

FANFARE_DECL void hub_core::tell_failed(const std::string& room, const error_code& why)
{
    shards_.front()->post([room, why](shard& first) {
        const auto& tell = first.hub().handlers.on_publish_failed;
        if (!tell)
            return;
        try {
            tell(room, why);
        } catch (...) {
            first.hub().handler_failed(first, std::current_exception());
        }
    });
}

// ---- from the bus to the shards, in the order of the offsets

FANFARE_DECL void hub_core::deliver_in_order(room_state& room, shared_frame encoded)
{
    auto& stream = *room.stream;
    const std::lock_guard lock{stream.mutex};
    if (!stream.last())
        note_beginning(room, {encoded->at().epoch, encoded->at().offset - 1});
    switch (stream.live(encoded)) {
    case stream_sequencer::step::pass: return deliver_to_room(room, std::move(encoded));
    case stream_sequencer::step::repair:
        holes_.fetch_add(1, std::memory_order_relaxed);
        return repair(room_ptr{&room});
    case stream_sequencer::step::drop:
    case stream_sequencer::step::hold: return;
    }
}

// Under the stream's lock: where it is was not known until now, nor to those who were about to join.
FANFARE_DECL void hub_core::note_beginning(room_state& room, const position& at)
{
    for (std::size_t i = 0; i != shards_.size(); ++i)
        if (auto& part = room.parts[i]; part.joining.load() != 0 && !part.joining_from)
            part.joining_from = at;
}

// Under the stream's lock. The read begins outside of it, and of the store's; and behind what the busiest shard has to do:
// so a hub that cannot keep up is not given more.
FANFARE_DECL void hub_core::repair(const room_ptr& room)
{
    const auto busiest = std::max_element(shards_.begin(), shards_.end(), [](const auto& a, const auto& b) {
        return a->queued_messages() < b->queued_messages();
    });
    (*busiest)->post([this, room, round = room->stream->round()](shard&) {
        position last;
        {
            const std::lock_guard lock{room->stream->mutex};
            if (round != room->stream->round())
                return; // nobody was in the room meanwhile: it begins anew
            last = room->stream->last();
        }
        read_after(room, last, [keep = shared_from_this(), room, round](const shared_slice& slice) {
            keep->repaired(room, *slice, round);
        });
    });
}

FANFARE_DECL void hub_core::repaired(const room_ptr& room, const history_slice& slice, std::uint64_t round)
{
    std::vector<shared_frame> out;
    const std::lock_guard lock{room->stream->mutex};
    if (round != room->stream->round())
        return;
    const bool again = room->stream->repaired(slice, room->name, wall_now(), out);
    for (auto& f : out) {
        if (f->is_gap() || !f->at())
            missed_.fetch_add(1, std::memory_order_relaxed);
        deliver_to_room(*room, std::move(f));
    }
    if (again)
        repair(room);
}

FANFARE_DECL void hub_core::mark_joining(room_state& room, std::size_t shard_index)
{
    rooms_.with_stream(room, [&] {
        auto& part = room.parts[shard_index];
        if (!part.concerned()) {
            part.generation.fetch_add(1);
            if (room.stream)
                part.joining_from = room.stream->last();
        }
        part.joining.fetch_add(1);
    });
}

// ---- reading

FANFARE_DECL void hub_core::read_store(std::string_view room, const history_query& query, history_done done)
{
    store_reads_.fetch_add(1, std::memory_order_relaxed);
    store_.async_read(
        room, query, [keep = shared_from_this(), done = std::move(done)](const error_code& ec, history_page page) {
            if (ec)
                keep->store_failures_.fetch_add(1, std::memory_order_relaxed);
            done(ec, std::move(page));
        });
}

FANFARE_DECL bool hub_core::learn_position(const room_ptr& room, std::function<void()> then)
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

FANFARE_DECL void hub_core::read_position(const room_ptr& room)
{
    read_store(room->name, {.limits = limits_of(*room->options)},
               [keep = shared_from_this(), room](error_code ec, const history_page& page) {
                   std::vector<std::function<void()>> waiting;
                   {
                       const std::lock_guard lock{room->stream->mutex};
                       if (std::exchange(room->stream->seed_again, false) && !ec)
                           // Not from here: the store may hold a lock.
                           return keep->shards_.front()->post([keep, room](shard&) { keep->read_position(room); });
                       if (!ec && !room->stream->last()) {
                           keep->note_beginning(*room, page.top);
                           room->stream->seed(page.top);
                       }
                       waiting.swap(room->stream->seeding);
                   }
                   for (const auto& tell : waiting)
                       tell();
               });
}

FANFARE_DECL void hub_core::read_after(const room_ptr& room, const position& from,
                                       std::function<void(const shared_slice&)> then)
{
    {
        const std::lock_guard lock{room->stream->mutex};
        room->stream->readers.push_back({from, std::move(then)});
        if (std::exchange(room->stream->reading, true))
            return;
    }
    next_read_soon(room);
}

// Not at once: those who ask in this turn share it, and the caller may be inside of the store, under its lock.
FANFARE_DECL void hub_core::next_read_soon(const room_ptr& room)
{
    shards_.front()->post([keep = shared_from_this(), room](shard&) { keep->next_read(room); });
}

// One read for all who wait: from the earliest of their offsets on.
FANFARE_DECL void hub_core::next_read(const room_ptr& room)
{
    std::vector<stream_sequencer::reader> all;
    history_query query{.limit = std::min(room->options->history, options_.max_recovery),
                        .limits = limits_of(*room->options)};
    {
        const std::lock_guard lock{room->stream->mutex};
        // Positions of one epoch share a read: what belongs to another cannot make it longer.
        auto& waiting = room->stream->readers;
        const auto epoch = waiting.front().from.epoch;
        const auto foreign = std::stable_partition(waiting.begin(), waiting.end(),
                                                   [epoch](const auto& one) { return one.from.epoch == epoch; });
        all.assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(foreign));
        waiting.erase(waiting.begin(), foreign);
        // Whoever lacks more than the limit is told so: nobody reads for them.
        const auto last = room->stream->last();
        const auto earliest = last.offset > query.limit ? last.offset - query.limit : 0;
        query.from = max_offset;
        for (const auto& one : all)
            query.from = std::min(query.from, one.from.epoch == last.epoch ? std::max(one.from.offset, earliest)
                                                                           : one.from.offset);
    }
    read_store(room->name, query,
               [keep = shared_from_this(), room, all = std::move(all), from = query.from](error_code ec,
                                                                                          history_page page) {
                   const auto slice = std::make_shared<history_slice>();
                   slice->error = ec;
                   slice->top = page.top;
                   slice->from = from;
                   slice->oldest = page.oldest;
                   slice->frames.reserve(page.messages.size());
                   for (const auto& m : page.messages)
                       slice->frames.push_back(
                           encode_stored(m.body, {room->name, m.key, m.except, {page.top.epoch, m.offset}}));
                   for (const auto& one : all)
                       one.then(slice);
                   {
                       const std::lock_guard lock{room->stream->mutex};
                       if (room->stream->readers.empty()) {
                           room->stream->reading = false;
                           return;
                       }
                   }
                   keep->next_read_soon(room);
               });
}

FANFARE_DECL void hub_core::take_rooms_of(const resume_token& token, const std::string& user,
                                          std::function<void(std::optional<std::vector<std::string>>)> then)
{
    const auto number = number_of(token.connection_id);
    if (!number || !resumable.enabled())
        return then(std::nullopt); // of another node
    if (auto rooms = resumable.take(*number, token.secret, user, std::chrono::steady_clock::now()))
        return then(std::move(rooms));
    // The old connection may not have noticed yet that its client is gone. No answer destroys `answer`, which tells so.
    const auto answer = std::shared_ptr<std::optional<std::vector<std::string>>>{
        new std::optional<std::vector<std::string>>,
        [then = std::move(then)](std::optional<std::vector<std::string>>* rooms) {
            then(std::move(*rooms));
            delete rooms;
        }};
    with_session(*number, [secret = token.secret, user, answer](session& old) {
        if (!old.open() || !old.greeted() || !same_secret(old.resume_secret(), secret) ||
            old.who()->user_id != user)
            return;
        *answer = old.chosen_rooms();
        old.close(close_code::stale, "the client has returned on another connection");
    });
}

FANFARE_DECL void hub_core::read_history(std::string_view room, const history_request& what,
                                         std::function<void(error_code, history_part)> then)
{
    error_code ec;
    const auto rules = rules_for(room, ec);
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
