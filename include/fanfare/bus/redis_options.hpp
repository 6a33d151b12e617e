// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_REDIS_OPTIONS_HPP
#define FANFARE_BUS_REDIS_OPTIONS_HPP

#include <fanfare/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace fanfare {

/// How a `redis_bus` uses Redis, beside the connection itself. A value.
struct redis_bus_options {
    /// All channels begin with it; hubs with different prefixes do not hear each other. 1 to 64 bytes, as in a room's
    /// name.
    std::string prefix = "fanfare:";
    /// Where other services publish `{"user_id", "title", "message", "data"?}` for a user. Empty: nowhere. Must not
    /// begin with the prefix.
    std::string notifications_channel = "notifications";
    /// How long a room without local members stays subscribed.
    std::chrono::milliseconds linger{5'000};
    /// How often a busy bus makes sure that what it publishes comes back. An idle one sends nothing.
    std::chrono::milliseconds probe_interval{2'000};
    /// How long that may take.
    std::chrono::milliseconds probe_timeout{3'000};
    /// Channels in one SUBSCRIBE or UNSUBSCRIBE, 1 to 100,000.
    std::size_t subscribe_batch = 500;
    /// The longest message, in bytes, with the key and the bus's own header (at most 1,096 bytes). 4 KiB to 32 MiB.
    std::size_t max_message_size = 1024 * 1024 + 2048;
    /// Told in words what went wrong: the connection, a message from outside that was malformed, a command that Redis
    /// refused. At most a few times a second. Called on the bus's executor; must not block or throw.
    std::function<void(std::string_view)> on_problem{};
};

/// What a bus has counted since it was made.
struct redis_bus_stats {
    bool up = false;               ///< Messages are carried: connected, subscribed, and a probe came back.
    std::uint64_t published = 0;   ///< Messages taken.
    std::uint64_t lost = 0;        ///< Of these, those that Redis did not confirm.
    std::uint64_t received = 0;    ///< Messages that Redis delivered.
    std::uint64_t foreign = 0;     ///< Of these, those that were not published by a hub.
    std::uint64_t malformed = 0;   ///< Of these, those that nobody could read.
    std::uint64_t overflowed = 0;  ///< Messages that a hub could not take for backpressure; its members were told.
    std::uint64_t reconnects = 0;  ///< Times that the bus came up again.
    std::uint64_t probes = 0;      ///< Messages to itself that the bus has published.
    std::size_t subscriptions = 0; ///< Rooms that are subscribed now.
};

} // namespace fanfare

#endif
