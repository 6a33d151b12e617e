// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_INCOMING_HPP
#define FANFARE_DETAIL_REDIS_INCOMING_HPP

#include <fanfare/config.hpp>

#include <string_view>

namespace fanfare::detail {

class redis_bus_core;
class redis_bus_session;

/// What arrives on a bus's channels, from hubs or from others, on its way to the sinks: looks at the channel, reads the
/// message, and calls the core. Only on the strand.
class redis_incoming {
public:
    /// Both outlive it.
    redis_incoming(redis_bus_core& core, const redis_bus_session& session) : core_{core}, session_{session} {}

    /// A message of any channel but the probe's. What cannot be read is counted and reported.
    void deliver(std::string_view channel, std::string_view body);
    /// Counts and reports a message that cannot be read. `why` in words.
    void malformed(std::string_view channel, std::string_view why);

private:
    void on_room(std::string_view room, std::string_view channel, std::string_view body);
    void on_broadcast(std::string_view body);
    void on_control(std::string_view body);
    void on_notification(std::string_view body);

    redis_bus_core& core_;
    const redis_bus_session& session_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/incoming.ipp>
#endif

#endif
