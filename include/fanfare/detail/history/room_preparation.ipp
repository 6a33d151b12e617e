// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_ROOM_PREPARATION_IPP
#define FANFARE_DETAIL_HISTORY_ROOM_PREPARATION_IPP

#include <fanfare/detail/history/room_preparation.hpp>

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <utility>

namespace fanfare::detail {

// Rooms that are being prepared, and then the hold on them. Only on the shard, but for `mark` and the destructor.
struct room_preparation::preparing {
    preparing(room_preparation& p, std::vector<room_ptr> r, std::function<void(const hold_ptr&)> t)
        : parts{p}, hub{p.life_.keep()}, rooms{std::move(r)}, then{std::move(t)}
    {}
    preparing(const preparing&) = delete;
    preparing& operator=(const preparing&) = delete;
    ~preparing()
    {
        for (const auto& [room, shard_index] : marked)
            room->parts[shard_index].joining.fetch_sub(1);
        for (const auto& room : rooms)
            parts.subscriptions_.release(*room);
    }

    // What comes from now on follows the join through the shard's queue.
    void mark(const room_ptr& room, const shard& home)
    {
        parts.rooms_.mark_joining(*room, home.index());
        const std::lock_guard lock{mutex};
        marked.emplace_back(room, home.index());
    }
    static void carried(const std::shared_ptr<preparing>& self, shard& home, const room_ptr& room)
    {
        self->learning.push_back(room.get());
        const bool waits = self->parts.history_.learn_position(
            room, [self, &home, one = room.get()] { home.post([self, one](shard&) { learned(self, one); }); });
        if (!waits)
            return learned(self, room.get());
        self->mark(room, home);
        if (self->timer.expired())
            self->timer = home.run_after(patience, [waits_for = std::weak_ptr{self}](shard&) {
                if (const auto still = waits_for.lock())
                    give_up(still);
            });
    }
    // Its position is known, or cannot be.
    static void learned(const std::shared_ptr<preparing>& self, const room_state* room)
    {
        const auto at = std::find(self->learning.begin(), self->learning.end(), room);
        if (at == self->learning.end())
            return; // it was given up
        self->learning.erase(at);
        if (const auto timer = self->learning.empty() ? self->timer.lock() : nullptr)
            timer->cancel();
        one_less(self);
    }
    static void give_up(const std::shared_ptr<preparing>& self)
    {
        while (!self->learning.empty())
            learned(self, self->learning.back());
    }
    static void one_less(const std::shared_ptr<preparing>& self)
    {
        if (--self->waiting == 0)
            std::exchange(self->then, {})(self);
    }

    room_preparation& parts;
    const std::shared_ptr<void> hub; // whose the parts are
    const std::vector<room_ptr> rooms;
    std::function<void(const hold_ptr&)> then;
    std::size_t waiting = 1;                 // rooms, and `prepare` itself
    std::vector<const room_state*> learning; // those that wait for their positions
    std::weak_ptr<asio::steady_timer> timer;
    std::mutex mutex; // guards what follows
    std::vector<std::pair<room_ptr, std::size_t>> marked;
};

FANFARE_DECL void room_preparation::prepare(shard& home, std::vector<room_ptr> rooms,
                                            std::function<void(const hold_ptr&)> then)
{
    const auto held = std::make_shared<preparing>(*this, std::move(rooms), std::move(then));
    for (const auto& room : held->rooms) {
        ++held->waiting;
        const bool carried = subscriptions_.hold(*room, [held, room, &home] {
            held->mark(room, home);
            home.post([held, room](shard& here) { preparing::carried(held, here, room); });
        });
        if (carried)
            preparing::carried(held, home, room);
    }
    preparing::one_less(held);
}

} // namespace fanfare::detail

#endif
