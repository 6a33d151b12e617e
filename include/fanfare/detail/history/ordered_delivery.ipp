// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_ORDERED_DELIVERY_IPP
#define FANFARE_DETAIL_HISTORY_ORDERED_DELIVERY_IPP

#include <fanfare/detail/history/ordered_delivery.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace fanfare::detail {

FANFARE_DECL void ordered_delivery::deliver(room_state& room, shared_frame message)
{
    if (!room.stream || !message->at())
        return shards_.deliver(room, std::move(message));
    auto& stream = *room.stream;
    const std::lock_guard lock{stream.mutex};
    if (!stream.last())
        room.note_beginning({message->at().epoch, message->at().offset - 1});
    switch (stream.live(message)) {
    case stream_sequencer::step::pass: return shards_.deliver(room, std::move(message));
    case stream_sequencer::step::repair: count_.holes.add(); return repair(room_ptr{&room});
    case stream_sequencer::step::drop:
    case stream_sequencer::step::hold: return;
    }
}

FANFARE_DECL void ordered_delivery::missed(std::string_view name)
{
    if (handlers_.raw)
        return; // nothing is sent unasked there
    if (name.empty()) {
        if (shards_.connections() != 0)
            count_.missed.add();
        return shards_.deliver_to_all(encode_missed({}, wall_now()));
    }
    const auto room = rooms_.find(name);
    if (room && room->stream) {
        const std::lock_guard lock{room->stream->mutex};
        if (room->stream->missed())
            return repair(room); // the history knows what
        if (room->stream->last() || (room->total.load() == 0 && !room->stream->seeding.empty())) {
            room->stream->seed_again = !room->stream->last();
            return;
        }
    }
    if (!room || !room->concerned(shards_.size()))
        return;
    count_.missed.add();
    shards_.deliver(*room, encode_missed(name, wall_now()));
}

// Under the stream's lock. They have joined while the history could not be read: a message that it had by now may still
// be on its way here, and will be taken for one that they had.
FANFARE_DECL void ordered_delivery::told_late(room_state& room, const position& at)
{
    if (handlers_.raw)
        return;
    count_.missed.add();
    shards_.deliver(room, encode_missed(room.name, wall_now(), at));
}

// Under the stream's lock. The read begins outside of it, and of the store's; and behind what the busiest shard has to
// do: so a hub that cannot keep up is not given more.
FANFARE_DECL void ordered_delivery::repair(const room_ptr& room)
{
    shards_.busiest().post([this, room, round = room->stream->round()](shard&) {
        position last;
        {
            const std::lock_guard lock{room->stream->mutex};
            if (round != room->stream->round())
                return; // nobody was in the room meanwhile: it begins anew
            last = room->stream->last();
        }
        history_.read_after(room, {.from = last, .urgent = true, .patience = history_need::for_members},
                            [this, keep = life_.keep(), room, round](const shared_slice& slice) {
                                repaired(room, *slice, round);
                            });
    });
}

FANFARE_DECL void ordered_delivery::repaired(const room_ptr& room, const history_slice& slice, std::uint64_t round)
{
    std::vector<shared_frame> out;
    const std::lock_guard lock{room->stream->mutex};
    if (round != room->stream->round())
        return;
    const bool again = room->stream->repaired(slice, room->name, wall_now(), out);
    for (auto& f : out) {
        if (f->is_gap() || !f->at())
            count_.missed.add();
        shards_.deliver(*room, std::move(f));
    }
    if (again)
        repair(room);
}

} // namespace fanfare::detail

#endif
