// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_TRAFFIC_IPP
#define FANFARE_DETAIL_REDIS_BUS_TRAFFIC_IPP

#include <fanfare/detail/redis/bus_session.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <atomic>
#include <utility>

namespace fanfare::detail {

// ---- what arrives

FANFARE_DECL void redis_bus_session::on_message(std::string_view channel, std::string_view body)
{
    const auto& names = core_->names;
    if (channel == names.probe)
        return on_probe(body);
    core_->count.received.fetch_add(1, std::memory_order_relaxed);
    if (body.size() > core_->options.max_message_size)
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

FANFARE_DECL void redis_bus_session::on_room(std::string_view room, std::string_view channel,
                                             std::string_view body)
{
    std::string why;
    if (!is_redis_message(body)) {
        const auto envelope = foreign_envelope(room, body, wall_now(), why);
        if (envelope.empty())
            return malformed(channel, why);
        core_->count.foreign.fetch_add(1, std::memory_order_relaxed);
        return core_->deliver_room({.what = bus_message::kind::room, .channel = room, .body = envelope});
    }
    redis_message m;
    if (!parse_redis_message(body, m, why))
        return malformed(channel, why);
    if (m.what == redis_message::kind::room)
        return core_->deliver_room({.what = bus_message::kind::room,
                                    .channel = room,
                                    .body = m.body,
                                    .key = m.key,
                                    .except = m.except,
                                    .at = m.at});
    if (m.what != redis_message::kind::missed)
        return malformed(channel, "not a message for a room");
    core_->with_channels(*this, [room](redis_channels& channels) { channels.miss(room); });
    core_->tell();
}

FANFARE_DECL void redis_bus_session::on_broadcast(std::string_view body)
{
    const auto& channel = core_->names.broadcast;
    std::string why;
    if (!is_redis_message(body)) {
        const auto envelope = foreign_envelope({}, body, wall_now(), why);
        if (envelope.empty())
            return malformed(channel, why);
        core_->count.foreign.fetch_add(1, std::memory_order_relaxed);
        return core_->deliver_broadcast({.what = bus_message::kind::broadcast, .body = envelope});
    }
    redis_message m;
    if (!parse_redis_message(body, m, why))
        return malformed(channel, why);
    switch (m.what) {
    case redis_message::kind::broadcast:
        return core_->deliver_broadcast(
            {.what = bus_message::kind::broadcast, .body = m.body, .key = m.key, .except = m.except});
    case redis_message::kind::all_missed:
        core_->with_channels(*this, [](redis_channels& channels) { channels.miss_all(); });
        core_->tell();
        return core_->missed_broadcasts();
    case redis_message::kind::missed: return core_->missed_broadcasts();
    default: malformed(channel, "not a broadcast");
    }
}

FANFARE_DECL void redis_bus_session::on_control(std::string_view body)
{
    redis_message m;
    std::string why;
    if (!parse_redis_message(body, m, why) || m.what != redis_message::kind::control)
        return malformed(core_->names.control, why.empty() ? "not a command between hubs" : why);
    core_->deliver_control({.what = bus_message::kind::control, .body = m.body, .key = m.key, .except = m.except});
}

FANFARE_DECL void redis_bus_session::on_notification(std::string_view body)
{
    std::string why;
    const auto n = read_notification(body, wall_now(), why);
    if (n.envelope.empty())
        return malformed(core_->names.notifications, why);
    core_->count.foreign.fetch_add(1, std::memory_order_relaxed);
    core_->deliver_room({.what = bus_message::kind::room, .channel = n.room, .body = n.envelope});
}

FANFARE_DECL void redis_bus_session::malformed(std::string_view channel, std::string_view why)
{
    core_->count.malformed.fetch_add(1, std::memory_order_relaxed);
    core_->problem(core_->name + ": a malformed message on " + std::string{channel} + ": " + std::string{why});
}

// ---- what was lost

FANFARE_DECL void redis_bus_session::lost(bus_message::kind what, std::string_view room)
{
    if (what == bus_message::kind::control || stage_ == stage::stopped)
        return;
    if (what == bus_message::kind::broadcast)
        lost_broadcast_ = true;
    else if (!lost_all_)
        lost_rooms_.emplace(room);
    if (lost_rooms_.size() > max_lost_rooms) {
        lost_all_ = true;
        lost_rooms_.clear();
    }
    if (stage_ != stage::up || std::exchange(telling_, true))
        return;
    core_->strand->post([self = shared_from_this()] {
        self->telling_ = false;
        if (self->stage_ == stage::up)
            self->tell_losses();
    });
}

// On the channels that the messages would have taken, so that every process hears of the loss in its place.
FANFARE_DECL void redis_bus_session::tell_losses()
{
    const auto rooms = std::exchange(lost_rooms_, {});
    const auto& names = core_->names;
    if (std::exchange(lost_all_, false)) {
        lost_broadcast_ = false;
        return send_notice(names.broadcast, redis_message::kind::all_missed, {});
    }
    for (const auto& room : rooms)
        send_notice(names.of({.channel = room}), redis_message::kind::missed, room);
    if (std::exchange(lost_broadcast_, false))
        send_notice(names.broadcast, redis_message::kind::missed, {});
}

FANFARE_DECL void redis_bus_session::send_notice(std::string_view channel, redis_message::kind what,
                                                 const std::string& room)
{
    std::string text;
    append_redis_message(text, {.what = what});
    const auto answered = [weak = weak_from_this(), what, room](error_code ec, const redis_value&) {
        const auto self = weak.lock();
        if (self && ec)
            self->notice_failed(what, room, ec);
    };
    if (const auto ec = commands_->send({"PUBLISH", channel, text}, answered, true))
        notice_failed(what, room, ec);
}

FANFARE_DECL void redis_bus_session::notice_failed(redis_message::kind what, const std::string& room,
                                                   error_code ec)
{
    if (ec != error::redis_failed) { // at the next occasion
        if (what == redis_message::kind::all_missed)
            lost_all_ = true;
        else if (room.empty())
            lost_broadcast_ = true;
        else
            lost_rooms_.insert(room);
        return;
    }
    // Redis will not carry it to the others. Those at home can be told.
    core_->problem(core_->name + ": refused the notice of a loss");
    if (what == redis_message::kind::missed && !room.empty()) {
        core_->with_channels(*this, [&room](redis_channels& channels) { channels.miss(room); });
        return core_->tell();
    }
    if (what == redis_message::kind::all_missed) {
        core_->with_channels(*this, [](redis_channels& channels) { channels.miss_all(); });
        core_->tell();
    }
    core_->missed_broadcasts();
}

} // namespace fanfare::detail

#endif
