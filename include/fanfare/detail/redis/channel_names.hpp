// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_CHANNEL_NAMES_HPP
#define FANFARE_DETAIL_REDIS_CHANNEL_NAMES_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

/// The names of a bus's channels. The room's name is the hash tag of its channel.
struct redis_channel_names {
    /// The probe's channel is this bus's own: its name ends in random characters.
    redis_channel_names(const std::string& prefix, std::string notifications_channel);

    std::string room; ///< What comes before the room's name, the opening brace included.
    std::string broadcast, control, probe, notifications;

    /// Appends the channel of the room `name`.
    void append_room(std::string& out, std::string_view name) const { out.append(room).append(name) += '}'; }
    /// The room that `channel` is for; empty if it is for none.
    std::string_view room_of(std::string_view channel) const noexcept
    {
        const bool is_one = channel.starts_with(room) && channel.ends_with('}');
        return is_one ? channel.substr(room.size(), channel.size() - room.size() - 1) : std::string_view{};
    }
    /// The channel that `message` is published on.
    std::string of(const bus_message& message) const;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/channel_names.ipp>
#endif

#endif
