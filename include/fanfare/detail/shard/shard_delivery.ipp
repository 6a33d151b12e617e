// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_DELIVERY_IPP
#define FANFARE_DETAIL_SHARD_SHARD_DELIVERY_IPP

// A shard's way from the messages that wait for a room to the sockets of its members.

#include <fanfare/detail/shard/raw_send.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void shard::make_dirty(const room_ptr& room, shard_room& part)
{
    if (!std::exchange(part.dirty, true))
        dirty_.push_back(room);
}

// Serves the rooms that have messages in turn, a slice each.
FANFARE_DECL void shard::flush(std::size_t budget)
{
    while (!dirty_.empty() && budget != 0) {
        const auto room = std::move(dirty_.front());
        dirty_.pop_front();
        auto& part = room ? room->parts[index_] : everyone_;
        part.dirty = false;
        if (!part.under_way && !begin_delivery(part, room ? part.members.size() : slots_.size()))
            continue;
        budget -= std::min(budget, advance(part, budget, !room) + 1);
        if (part.under_way || !part.pending.empty())
            make_dirty(room, part);
    }
    end_failed();
}

FANFARE_DECL bool shard::begin_delivery(shard_room& part, std::size_t members)
{
    if (part.pending.empty())
        return false;
    part.under_way = std::make_unique<delivery>();
    part.under_way->start(part.pending, members);
    return true;
}

// Serves up to `budget` members; answers how many.
FANFARE_DECL std::size_t shard::advance(shard_room& part, std::size_t budget, bool everyone)
{
    auto& d = *part.under_way;
    const auto first = d.next;
    const auto last = std::min(d.end, d.next + budget);
    walking_ = true;
    if (everyone) {
        for (auto slot = static_cast<std::uint32_t>(first); slot != last; ++slot)
            if (slots_[slot].owner)
                deliver_to(slot, d);
    } else {
        for (auto i = first; i != last; ++i)
            deliver_to(part.members[i], d);
    }
    walking_ = false;
    d.next = last;
    if (last == d.end)
        end_delivery(part);
    return last - first;
}

FANFARE_DECL void shard::end_delivery(shard_room& part)
{
    const auto done = std::move(part.under_way);
    if (metrics_ && done->end != 0)
        measure(part, *done);
    std::size_t bytes = 0;
    for (const auto& f : done->frames())
        bytes += f->wire().size();
    const std::lock_guard lock{mutex_};
    count_queued(0 - done->frames().size(), 0 - bytes);
}

FANFARE_DECL void shard::measure(const shard_room& part, const delivery& done)
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto& times = metrics_->delivery[part.number];
    for (const auto& f : done.frames())
        if (f->published_ns() != 0)
            times.add(std::chrono::nanoseconds{now - f->published_ns()});
}

// Before the members change: whoever comes must not get what was published before, whoever goes gets it still.
FANFARE_DECL void shard::finish_deliveries(shard_room& part, bool everyone)
{
    while (part.under_way || begin_delivery(part, everyone ? slots_.size() : part.members.size()))
        advance(part, static_cast<std::size_t>(-1) / 2, everyone);
}

// The inner loop of the library: one system call, and no connection object unless the socket is full.
FANFARE_DECL void shard::deliver_to(std::uint32_t slot, delivery& d)
{
    const auto& target = slots_[slot];
    if (target.indirect || d.selective())
        return target.owner->deliver(d);
    const auto wire = d.wire();
    const auto written = raw_send(target.native_socket, wire.data(), wire.size());
    counters_.writes.add();
    if (written < 0)
        return end_later(*target.owner);
    counters_.sent_bytes.add(static_cast<std::size_t>(written));
    if (written == static_cast<std::ptrdiff_t>(wire.size()))
        return counters_.delivered.add(d.frames().size());
    target.owner->continue_later(d.frames(), static_cast<std::size_t>(written));
}

FANFARE_DECL void shard::end_later(shard_member& one)
{
    if (walking_) {
        slots_[one.slot()].indirect = true;
        if (failed_.empty())
            post([](shard&) {}); // whoever walks may not come back by itself
        failed_.emplace_back(&one);
    } else {
        one.end();
    }
}

FANFARE_DECL void shard::end_failed()
{
    while (!failed_.empty()) {
        const auto one = std::move(failed_.back());
        failed_.pop_back();
        one->end();
    }
}

} // namespace fanfare::detail

#endif
