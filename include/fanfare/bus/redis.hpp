// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_REDIS_HPP
#define FANFARE_BUS_REDIS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/bus/redis_options.hpp>
#include <fanfare/config.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare {

class redis_store;

namespace detail {
class redis_bus_core;
}

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
