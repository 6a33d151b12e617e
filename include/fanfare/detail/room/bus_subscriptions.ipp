// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_BUS_SUBSCRIPTIONS_IPP
#define FANFARE_DETAIL_ROOM_BUS_SUBSCRIPTIONS_IPP

#include <fanfare/detail/room/bus_subscriptions.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace fanfare::detail {

FANFARE_DECL void bus_subscriptions::attach()
{
    attached_ = true;
    bus_.attach(sink_);
}

FANFARE_DECL void bus_subscriptions::detach()
{
    if (!attached_.exchange(false))
        return;
    rooms_.for_each([](room_state&) {}); // a join that is under way ends before the bus forgets this hub
    bus_.detach(sink_);
    // The bus will not tell those who wait any more.
    std::vector<std::function<void()>> waiting;
    rooms_.for_each([&waiting](room_state& room) {
        if (const auto own = std::move(room.waiting))
            for (auto& tell : *own)
                waiting.push_back(std::move(tell));
    });
    for (const auto& tell : waiting)
        tell();
}

FANFARE_DECL void bus_subscriptions::add_member(room_state& room)
{
    rooms_.with_lock(room, [&] {
        if (room.total.fetch_add(1) == 0 && room.name.starts_with("user:"))
            count_.users.add();
        add_hold(room);
    });
}

FANFARE_DECL void bus_subscriptions::remove_member(room_state& room)
{
    rooms_.with_lock(room, [&] {
        if (room.total.fetch_sub(1) == 1 && room.name.starts_with("user:"))
            count_.users.subtract();
        remove_hold(room);
    });
}

// Under the room's lock, as is `remove_hold`.
FANFARE_DECL void bus_subscriptions::add_hold(room_state& room)
{
    if (room.holds++ != 0)
        return;
    room.in_force = !attached_ || bus_.join(sink_, room.name);
    if (room.stream && !room.in_force) {
        const std::lock_guard lock{room.stream->mutex};
        room.stream->reset(); // nobody knows what has passed by
    }
}

FANFARE_DECL void bus_subscriptions::remove_hold(room_state& room)
{
    if (--room.holds == 0 && attached_)
        bus_.leave(sink_, room.name);
}

FANFARE_DECL bool bus_subscriptions::hold(room_state& room, std::function<void()> then)
{
    bool in_force = false;
    rooms_.with_lock(room, [&] {
        add_hold(room);
        in_force = room.in_force || !attached_;
        if (in_force)
            return;
        if (!room.waiting)
            room.waiting = std::make_unique<std::vector<std::function<void()>>>();
        room.waiting->push_back(std::move(then));
    });
    return in_force;
}

FANFARE_DECL void bus_subscriptions::release(room_state& room)
{
    rooms_.with_lock(room, [&] { remove_hold(room); });
}

FANFARE_DECL void bus_subscriptions::on_joined(std::string_view name)
{
    const auto room = rooms_.find(name);
    if (!room)
        return;
    std::unique_ptr<std::vector<std::function<void()>>> waiting;
    rooms_.with_lock(*room, [&] {
        room->in_force = true;
        waiting = std::move(room->waiting);
    });
    if (waiting)
        for (const auto& tell : *waiting)
            tell();
}

} // namespace fanfare::detail

#endif
