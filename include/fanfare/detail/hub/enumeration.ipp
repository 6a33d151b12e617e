// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ENUMERATION_IPP
#define FANFARE_DETAIL_HUB_ENUMERATION_IPP

#include <fanfare/detail/hub/enumeration.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

// Places of connections that are looked at before other work of the shard may pass.
inline constexpr std::uint32_t places_at_once = 256;
// The longest name that a room of any hub may have; see `hub_options::max_room_name`.
inline constexpr std::size_t longest_room_name = 4096;

inline bool is_limit(std::size_t limit) noexcept
{
    return limit >= 1 && limit <= max_enumeration_limit;
}

// ---- rooms

// Finds the first rooms after a name, a part of the registry in each turn of the first shard.
struct room_walk : std::enable_shared_from_this<room_walk> {
    hub_core& hub;
    const room_query what;
    const rooms_listed done;
    std::vector<std::string> names{}; // the first ones so far, one more than are wanted: a heap, the last in front
    std::size_t next = 0;             // part

    room_walk(hub_core& of, room_query query, rooms_listed then)
        : hub{of}, what{std::move(query)}, done{std::move(then)}
    {}
    void step()
    {
        if (hub.life.ended())
            return done(error::shutting_down, {});
        hub.rooms.for_each_in(next, [this](const room_state& room) { consider(room.name); });
        if (++next == hub.rooms.parts())
            return tell();
        hub.shards.first().post([self = shared_from_this()](shard&) { self->step(); });
    }
    void consider(std::string_view name)
    {
        const bool full = names.size() > what.limit;
        if (name <= what.after || !name.starts_with(what.prefix) || (full && name >= names.front()))
            return;
        if (full) {
            std::pop_heap(names.begin(), names.end());
            names.back() = name;
        } else {
            names.emplace_back(name);
        }
        std::push_heap(names.begin(), names.end());
    }
    void tell()
    {
        room_page page;
        std::sort_heap(names.begin(), names.end());
        if (names.size() > what.limit) {
            names.pop_back();
            page.next = names.back();
        }
        for (const auto& name : names)
            if (const auto room = hub.rooms.find(name))
                page.rooms.push_back(describe(*room));
        done({}, std::move(page));
    }
    static room_info describe(const room_state& room)
    {
        room_info one{.name = room.name,
                      .members = room.total.load(),
                      .history = room.options->history != 0,
                      .presence = room.options->presence};
        if (room.stream) {
            const std::lock_guard lock{room.stream->mutex};
            one.last = room.stream->last();
        }
        return one;
    }
};

FANFARE_DECL void list_rooms(hub_core& hub, const room_query& what, rooms_listed done)
{
    if (!is_limit(what.limit) || (!what.after.empty() && !was_room_name(what.after, longest_room_name)))
        return done(error::invalid_message, {});
    const auto walk = std::make_shared<room_walk>(hub, what, std::move(done));
    hub.shards.first().post([walk](shard&) { walk->step(); });
}

// ---- connections

// Goes over the places of connections, shard by shard: a connection stays in its place.
struct connection_walk : std::enable_shared_from_this<connection_walk> {
    hub_core& hub;
    const connection_query what;
    const connections_listed done;
    connection_page page{};
    std::uint32_t next = 0; // place

    connection_walk(hub_core& of, connection_query query, connections_listed then)
        : hub{of}, what{std::move(query)}, done{std::move(then)}
    {}
    void start(std::size_t index)
    {
        hub.shards[index].post([self = shared_from_this()](shard& home) { self->step(home); });
    }
    void step(shard& home)
    {
        if (hub.life.ended())
            return done(error::shutting_down, {});
        const bool of_user = what.user && !what.user->empty();
        if (of_user ? look_at_user(home) : look_at_some(home))
            return done({}, std::move(page));
        if (!of_user && next < home.places())
            return start(home.index());
        next = 0;
        if (const auto index = home.index() + std::size_t{1}; index != hub.shards.size())
            return start(index);
        done({}, std::move(page));
    }
    // Both answer whether the page is full, and something follows.
    bool look_at_some(shard& home)
    {
        const auto end = std::min(home.places(), next + places_at_once);
        for (; next < end; ++next)
            if (auto* one = static_cast<session*>(home.in_place(next)); one && is_listed(*one) && !take(*one))
                return true;
        return false;
    }
    bool look_at_user(shard& home)
    {
        const auto own = hub.rooms.find("user:" + *what.user); // whom it lets in are those that are listed
        if (!own)
            return false;
        auto places = own->parts[home.index()].members;
        std::erase_if(places, [&](std::uint32_t place) {
            const auto* one = static_cast<session*>(home.in_place(place));
            return place < next || !one || !is_listed(*one);
        });
        const auto wanted = std::min(places.size(), what.limit + 1 - page.connections.size());
        const auto end = places.begin() + static_cast<std::ptrdiff_t>(wanted);
        std::partial_sort(places.begin(), end, places.end());
        return !std::all_of(places.begin(), end, [&](std::uint32_t place) {
            return take(static_cast<session&>(*home.in_place(place)));
        });
    }
    bool is_listed(const session& one) const
    {
        return one.open() && one.greeted() && (!what.user || one.who()->user_id == *what.user);
    }
    bool take(const session& one)
    {
        if (page.connections.size() == what.limit) {
            page.next = page.connections.back().id;
            return false;
        }
        page.connections.push_back(one.info());
        return true;
    }
};

FANFARE_DECL void list_connections(hub_core& hub, const connection_query& what, connections_listed done)
{
    std::size_t first = 0;
    std::uint32_t place = 0;
    bool good = is_limit(what.limit);
    if (!what.after.empty()) {
        const auto number = hub.node.number_of(what.after);
        const auto* home = number ? hub.shards.of(*number) : nullptr;
        good = good && home;
        first = home ? home->index() : 0;
        place = number ? static_cast<std::uint32_t>(*number & 0xffffff) + 1 : 0; // see `shard::number_of`
    }
    if (!good)
        return done(error::invalid_message, {});
    const auto walk = std::make_shared<connection_walk>(hub, what, std::move(done));
    walk->next = place;
    walk->start(first);
}

} // namespace fanfare::detail

#endif
