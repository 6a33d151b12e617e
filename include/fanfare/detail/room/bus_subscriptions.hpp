// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_BUS_SUBSCRIPTIONS_HPP
#define FANFARE_DETAIL_ROOM_BUS_SUBSCRIPTIONS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/hub_counters.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/fwd.hpp>

#include <atomic>
#include <functional>
#include <string_view>

namespace fanfare::detail {

/// Subscribes a hub to its rooms on the bus: a room is joined there as long as somebody holds it, which every member
/// does, and who waits to become one. Thread-safe, but for `attach`.
class bus_subscriptions {
public:
    /// `sink` is the hub, as the bus sees it.
    bus_subscriptions(any_bus& bus, bus_sink& sink, room_registry& rooms, hub_counters& count)
        : bus_{bus}, sink_{sink}, rooms_{rooms}, count_{count}
    {}
    bus_subscriptions(const bus_subscriptions&) = delete;
    bus_subscriptions& operator=(const bus_subscriptions&) = delete;

    void attach();
    /// From then on the bus does not call the sink. Who waits for a room is told as if the bus carried it.
    void detach();
    bool attached() const noexcept { return attached_.load(); }

    /// A member has come or gone; counts the room's members and the hub's users.
    void add_member(room_state& room);
    void remove_member(room_state& room);

    /// Holds the room's subscription; the caller keeps `room` itself until `release`. True if the bus carries its messages
    /// to this hub; else `then` is called when it does, on any thread.
    bool hold(room_state& room, std::function<void()> then);
    void release(room_state& room);

    /// The bus has confirmed that it carries a room.
    void on_joined(std::string_view room);

private:
    void add_hold(room_state& room);
    void remove_hold(room_state& room);

    any_bus& bus_;
    bus_sink& sink_;
    room_registry& rooms_;
    hub_counters& count_;
    std::atomic<bool> attached_{false};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/room/bus_subscriptions.ipp>
#endif

#endif
