// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_REDIS_HPP
#define FANFARE_BUS_REDIS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

class redis_store;

namespace detail {
class redis_bus_core;
}

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
    bool up = false;
    std::uint64_t published = 0;  ///< Messages taken.
    std::uint64_t lost = 0;       ///< Of these, those that Redis did not confirm.
    std::uint64_t received = 0;   ///< Messages that Redis delivered.
    std::uint64_t foreign = 0;    ///< Of these, those that were not published by a hub.
    std::uint64_t malformed = 0;  ///< Of these, those that nobody could read.
    std::uint64_t overflowed = 0; ///< Messages that a hub could not take for backpressure; its members were told.
    std::uint64_t reconnects = 0; ///< Times that the bus came up again.
    std::uint64_t probes = 0;
    std::size_t subscriptions = 0; ///< Rooms that are subscribed now.
};

/// Carries messages between the hubs of many processes through Redis' PUBLISH and SUBSCRIBE:
/// @code
/// fanfare::hub hub{ioc.get_executor(), fanfare::redis_bus{ioc, "redis://localhost"}};
/// @endcode
/// Copies are handles of one bus. It works on a strand of its own, with two connections, from the first `attach` to the
/// last `detach`. Thread-safe. The execution context may end at any time, before or after the bus.
///
/// All messages go through Redis, those to local members too: that makes one order a room for all processes. While
/// Redis is away, publishes wait, within `redis_options::queue_messages`, `queue_bytes` and `queue_time`; what was on
/// its way is never sent again. When it is back, every room is subscribed again and its members are told `missed`.
///
/// Channels: `fanfare:room:{NAME}`, where a user is the room `user:ID`; `fanfare:broadcast`; `fanfare:control`;
/// `fanfare:probe:NODE`; `notifications`. Others may publish JSON to a room, to `broadcast` or to `notifications`.
class redis_bus {
public:
    /// A history that other processes cannot read does not do for its rooms.
    static constexpr bool between_processes = true;

    /// Connects when the first sink is attached. `url` is as `parse_redis_url` reads it.
    /// Throws `boost::system::system_error` with `error::invalid_config` that names what is wrong.
    redis_bus(const asio::any_io_executor& executor, redis_options redis, redis_bus_options options = {});
    redis_bus(const asio::any_io_executor& executor, std::string_view url, redis_bus_options options = {})
        : redis_bus{executor, parse_redis_url(url), std::move(options)}
    {}
    template <std::derived_from<asio::execution_context> Context>
    redis_bus(Context& context, redis_options redis, redis_bus_options options = {})
        : redis_bus{asio::any_io_executor{context.get_executor()}, std::move(redis), std::move(options)}
    {}
    template <std::derived_from<asio::execution_context> Context>
    redis_bus(Context& context, std::string_view url, redis_bus_options options = {})
        : redis_bus{asio::any_io_executor{context.get_executor()}, parse_redis_url(url), std::move(options)}
    {}

    /// See `fanfare::bus`. The sink is told `changed` before this returns, if the bus is not up.
    void attach(bus_sink& sink);
    void detach(bus_sink& sink);
    /// Refuses with `message_too_large`, `queue_full`, or `bus_unavailable`. `done` is called on the bus's executor:
    /// with the count of other processes, or `bus_unavailable`, `delivery_unknown` or `redis_failed`. It is destroyed
    /// without a call if the execution context ends first.
    bus_receipt publish(const bus_message& message, bus_done done = {});
    bool join(bus_sink& sink, std::string_view room);
    void leave(bus_sink& sink, std::string_view room);

    redis_bus_stats stats() const;

private:
    friend class redis_store;

    std::shared_ptr<detail::redis_bus_core> core_;
};

static_assert(bus<redis_bus>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/bus/redis.ipp>
#endif

#endif
