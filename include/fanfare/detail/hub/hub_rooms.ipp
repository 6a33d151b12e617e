// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_ROOMS_IPP
#define FANFARE_DETAIL_HUB_HUB_ROOMS_IPP

// Which rooms there are, by what rules, and what has to be so before somebody joins one.

#include <fanfare/detail/hub/hub_core.hpp>

#include <boost/system/system_error.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL void hub_core::configure(std::string_view name, const room_options& rules)
{
    const auto bare = name.ends_with(':') ? name.substr(0, name.size() - 1) : name;
    if (!is_room_name(bare, options_.max_room_name) || bare.find(':') != std::string_view::npos)
        throw boost::system::system_error{error::invalid_room, "fanfare::hub::configure: " + std::string{name}};
    const auto wrong = [&](const char* what) {
        throw boost::system::system_error{error::invalid_config,
                                          "fanfare::hub::configure: " + std::string{name} + ": " + what};
    };
    if (rules.history == 0 && (rules.overflow == overflow_policy::resync || rules.history_age.count() != 0))
        wrong("resync and history_age need history");
    if (rules.history != 0 && bus_.between_processes() && !store_.between_processes())
        wrong("history needs a store that the bus's other processes share");
    if (rules.history_age.count() < 0 || rules.idempotency_window.count() <= 0)
        wrong("history_age must not be negative, and idempotency_window must be above zero");
    const std::lock_guard lock{rules_mutex_};
    rules_[std::string{name}] = std::make_shared<const room_options>(rules);
}

FANFARE_DECL std::shared_ptr<const room_options> hub_core::rules_for(std::string_view room, error_code& ec) const
{
    const auto colon = room.find(':');
    if (!is_room_name(room, options_.max_room_name) || colon == room.size() - 1) {
        ec = error::invalid_room;
        return nullptr;
    }
    const std::lock_guard lock{rules_mutex_};
    const auto at = rules_.find(colon == std::string_view::npos ? room : room.substr(0, colon + 1));
    if (at != rules_.end())
        return at->second;
    ec = error::unknown_room;
    return nullptr;
}

FANFARE_DECL room_ptr hub_core::room(std::string_view name)
{
    error_code ec;
    const auto rules = rules_for(name, ec);
    if (!rules)
        throw boost::system::system_error{ec, "fanfare::hub::room: " + std::string{name}};
    return rooms_.obtain(name, rules);
}

FANFARE_DECL void hub_core::count_join(room_state& room)
{
    rooms_.with_lock(room, [&] {
        if (room.total.fetch_add(1) == 0 && room.name.starts_with("user:"))
            users_.fetch_add(1);
        take_hold(room);
    });
}

FANFARE_DECL void hub_core::count_leave(room_state& room)
{
    rooms_.with_lock(room, [&] {
        if (room.total.fetch_sub(1) == 1 && room.name.starts_with("user:"))
            users_.fetch_sub(1);
        let_go(room);
    });
}

// ---- rooms on the bus

// Under the room's lock, as is `let_go`.
FANFARE_DECL void hub_core::take_hold(room_state& room)
{
    if (room.holds++ != 0)
        return;
    room.in_force = !attached_ || bus_.join(*this, room.name);
    if (room.stream && !room.in_force) {
        const std::lock_guard lock{room.stream->mutex};
        room.stream->reset(); // nobody knows what has passed by
    }
}

FANFARE_DECL void hub_core::let_go(room_state& room)
{
    if (--room.holds == 0 && attached_)
        bus_.leave(*this, room.name);
}

FANFARE_DECL bool hub_core::hold(room_state& room, std::function<void()> then)
{
    bool in_force = false;
    rooms_.with_lock(room, [&] {
        take_hold(room);
        in_force = room.in_force || !attached_;
        if (in_force)
            return;
        if (!room.waiting)
            room.waiting = std::make_unique<std::vector<std::function<void()>>>();
        room.waiting->push_back(std::move(then));
    });
    return in_force;
}

FANFARE_DECL void hub_core::release(room_state& room)
{
    rooms_.with_lock(room, [&] { let_go(room); });
}

// Rooms whose messages the bus is to carry here before something happens. Only on the shard.
struct held_rooms {
    std::shared_ptr<hub_core> hub;
    std::vector<room_ptr> rooms;
    std::function<void(const std::shared_ptr<void>&)> then;
    std::size_t waiting = 1;
    std::mutex mutex; // guards what follows
    std::vector<std::pair<room_ptr, std::size_t>> marked;

    held_rooms(std::shared_ptr<hub_core> h, std::vector<room_ptr> r,
               std::function<void(const std::shared_ptr<void>&)> t)
        : hub{std::move(h)}, rooms{std::move(r)}, then{std::move(t)}
    {}
    held_rooms(const held_rooms&) = delete;
    held_rooms& operator=(const held_rooms&) = delete;
    ~held_rooms()
    {
        for (const auto& [room, shard_index] : marked)
            room->parts[shard_index].joining.fetch_sub(1);
        for (const auto& room : rooms)
            hub->release(*room);
    }

    void mark(const room_ptr& room, const shard& home)
    {
        hub->mark_joining(*room, home.index());
        const std::lock_guard lock{mutex};
        marked.emplace_back(room, home.index());
    }
    static void in_force(const std::shared_ptr<held_rooms>& self, shard& home, const room_ptr& room)
    {
        const bool waits =
            self->hub->learn_position(room, [self, &home] { home.post([self](shard&) { one_less(self); }); });
        if (waits)
            self->mark(room, home);
        else
            one_less(self);
    }
    static void one_less(const std::shared_ptr<held_rooms>& self)
    {
        if (--self->waiting == 0)
            std::exchange(self->then, {})(self);
    }
};

FANFARE_DECL void hub_core::when_in_force(shard& home, std::vector<room_ptr> rooms,
                                          std::function<void(const hold_ptr&)> then)
{
    const auto held = std::make_shared<held_rooms>(shared_from_this(), std::move(rooms), std::move(then));
    for (const auto& room : held->rooms) {
        ++held->waiting;
        if (hold(*room, [held, room, &home] {
                held->mark(room, home); // what comes from now on follows the join through the queue
                home.post([held, room](shard& here) { held_rooms::in_force(held, here, room); });
            }))
            held_rooms::in_force(held, home, room);
    }
    held_rooms::one_less(held);
}

FANFARE_DECL void hub_core::joined(std::string_view name)
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
