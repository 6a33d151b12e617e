// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_INCOMING_IPP
#define FANFARE_DETAIL_REDIS_INCOMING_IPP

#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/incoming.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <atomic>
#include <string>

namespace fanfare::detail {

FANFARE_DECL void redis_incoming::deliver(std::string_view channel, std::string_view body)
{
    const auto& names = core_.names;
    core_.count.received.fetch_add(1, std::memory_order_relaxed);
    if (body.size() > core_.options.max_message_size)
        return malformed(channel, "it is too large");
    if (const auto room = names.room_of(channel); !room.empty())
        return on_room(room, channel, body);
    if (channel == names.broadcast)
        on_broadcast(body);
    else if (channel == names.control)
        on_control(body);
    else if (channel == names.notifications)
        on_notification(body);
}

FANFARE_DECL void redis_incoming::on_room(std::string_view room, std::string_view channel, std::string_view body)
{
    std::string why;
    if (!is_redis_message(body)) {
        const auto envelope = foreign_envelope(room, body, wall_now(), why);
        if (envelope.empty())
            return malformed(channel, why);
        core_.count.foreign.fetch_add(1, std::memory_order_relaxed);
        return core_.deliver_room({.what = bus_message::kind::room, .channel = room, .body = envelope});
    }
    redis_message m;
    if (!parse_redis_message(body, m, why))
        return malformed(channel, why);
    if (m.what == redis_message::kind::room)
        return core_.deliver_room({.what = bus_message::kind::room,
                                   .channel = room,
                                   .body = m.body,
                                   .key = m.key,
                                   .except = m.except,
                                   .at = m.at});
    if (m.what != redis_message::kind::missed)
        return malformed(channel, "not a message for a room");
    core_.with_channels(session_, [room](redis_channels& channels) { channels.note_missed(room); });
    core_.deliver_notices();
}

FANFARE_DECL void redis_incoming::on_broadcast(std::string_view body)
{
    const auto& channel = core_.names.broadcast;
    std::string why;
    if (!is_redis_message(body)) {
        const auto envelope = foreign_envelope({}, body, wall_now(), why);
        if (envelope.empty())
            return malformed(channel, why);
        core_.count.foreign.fetch_add(1, std::memory_order_relaxed);
        return core_.deliver_broadcast({.what = bus_message::kind::broadcast, .body = envelope});
    }
    redis_message m;
    if (!parse_redis_message(body, m, why))
        return malformed(channel, why);
    switch (m.what) {
    case redis_message::kind::broadcast:
        return core_.deliver_broadcast(
            {.what = bus_message::kind::broadcast, .body = m.body, .key = m.key, .except = m.except});
    case redis_message::kind::all_missed:
        core_.with_channels(session_, [](redis_channels& channels) { channels.note_all_missed(); });
        core_.deliver_notices();
        return core_.missed_broadcasts();
    case redis_message::kind::missed: return core_.missed_broadcasts();
    default: malformed(channel, "not a broadcast");
    }
}

FANFARE_DECL void redis_incoming::on_control(std::string_view body)
{
    redis_message m;
    std::string why;
    if (!parse_redis_message(body, m, why) || m.what != redis_message::kind::control)
        return malformed(core_.names.control, why.empty() ? "not a command between hubs" : why);
    core_.deliver_control({.what = bus_message::kind::control, .body = m.body, .key = m.key, .except = m.except});
}

FANFARE_DECL void redis_incoming::on_notification(std::string_view body)
{
    std::string why;
    const auto n = read_notification(body, wall_now(), why);
    if (n.envelope.empty())
        return malformed(core_.names.notifications, why);
    core_.count.foreign.fetch_add(1, std::memory_order_relaxed);
    core_.deliver_room({.what = bus_message::kind::room, .channel = n.room, .body = n.envelope});
}

FANFARE_DECL void redis_incoming::malformed(std::string_view channel, std::string_view why)
{
    core_.count.malformed.fetch_add(1, std::memory_order_relaxed);
    core_.problem(core_.name + ": a malformed message on " + std::string{channel} + ": " + std::string{why});
}

} // namespace fanfare::detail

#endif
