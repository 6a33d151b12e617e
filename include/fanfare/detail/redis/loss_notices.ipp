// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LOSS_NOTICES_IPP
#define FANFARE_DETAIL_REDIS_LOSS_NOTICES_IPP

#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/loss_notices.hpp>
#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/error.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL redis_loss_notices::redis_loss_notices(std::shared_ptr<redis_bus_core> core,
                                                    std::shared_ptr<redis_pipeline> commands,
                                                    std::weak_ptr<redis_loss_events> events)
    : core_{std::move(core)}, commands_{std::move(commands)}, events_{std::move(events)}
{}

FANFARE_DECL void redis_loss_notices::add(bus_message::kind what, std::string_view room)
{
    if (what == bus_message::kind::control) // no member would be told
        return;
    if (what == bus_message::kind::broadcast)
        broadcasts_ = true;
    else if (!all_)
        rooms_.emplace(room);
    if (rooms_.size() > max_rooms) {
        all_ = true;
        rooms_.clear();
    }
    if (!up_ || std::exchange(sending_, true))
        return;
    core_->strand->post([self = shared_from_this()] {
        self->sending_ = false;
        if (self->up_)
            self->send();
    });
}

FANFARE_DECL void redis_loss_notices::send()
{
    const auto rooms = std::exchange(rooms_, {});
    const auto& names = core_->names;
    if (std::exchange(all_, false)) {
        broadcasts_ = false;
        return publish(names.broadcast, redis_message::kind::all_missed, {});
    }
    for (const auto& room : rooms)
        publish(names.of({.channel = room}), redis_message::kind::missed, room);
    if (std::exchange(broadcasts_, false))
        publish(names.broadcast, redis_message::kind::missed, {});
}

FANFARE_DECL void redis_loss_notices::publish(std::string_view channel, redis_message::kind what,
                                              const std::string& room)
{
    std::string text;
    append_redis_message(text, {.what = what});
    const auto answered = [weak = weak_from_this(), what, room](error_code ec, const redis_value&) {
        const auto self = weak.lock();
        if (self && ec)
            self->failed(what, room, ec);
    };
    if (const auto ec = commands_->send({"PUBLISH", channel, text}, answered, redis_urgency::urgent))
        failed(what, room, ec);
}

FANFARE_DECL void redis_loss_notices::failed(redis_message::kind what, const std::string& room, error_code ec)
{
    if (ec == error::redis_failed) {
        if (const auto events = events_.lock())
            events->on_notice_refused(what, room);
        return;
    }
    // The connection broke: it goes with the next ones.
    if (what == redis_message::kind::all_missed)
        all_ = true;
    else if (room.empty())
        broadcasts_ = true;
    else
        rooms_.insert(room);
}

} // namespace fanfare::detail

#endif
