// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_CHANNEL_NAMES_IPP
#define FANFARE_DETAIL_REDIS_CHANNEL_NAMES_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/redis/channel_names.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL redis_channel_names::redis_channel_names(const std::string& prefix, std::string notifications_channel)
    : room{prefix + "room:{"}, broadcast{prefix + "broadcast"}, control{prefix + "control"},
      probe{prefix + "probe:" + random_token(12)}, notifications{std::move(notifications_channel)}
{}

FANFARE_DECL std::string redis_channel_names::of(const bus_message& message) const
{
    if (message.what == bus_message::kind::broadcast)
        return broadcast;
    if (message.what == bus_message::kind::control)
        return control;
    std::string channel;
    channel.reserve(room.size() + message.channel.size() + 1);
    append_room(channel, message.channel);
    return channel;
}

} // namespace fanfare::detail

#endif
