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
    /// Its messages reach other processes: a hub refuses rooms with history in a store that those cannot read.
    static constexpr bool between_processes = true;

    /// Makes a bus that works on a strand of `executor`, and connects when the first sink is attached. Throws
    /// `boost::system::system_error` with `error::invalid_config` that names what is wrong with the options.
    redis_bus(const asio::any_io_executor& executor, redis_options redis, redis_bus_options options = {});
    /// The same with a URL, as `parse_redis_url` reads it.
    redis_bus(const asio::any_io_executor& executor, std::string_view url, redis_bus_options options = {})
        : redis_bus{executor, parse_redis_url(url), std::move(options)}
    {}
    /// The same on the executor of `context`.
    template <std::derived_from<asio::execution_context> Context>
    redis_bus(Context& context, redis_options redis, redis_bus_options options = {})
        : redis_bus{asio::any_io_executor{context.get_executor()}, std::move(redis), std::move(options)}
    {}
    /// The same on the executor of `context`, with a URL.
    template <std::derived_from<asio::execution_context> Context>
    redis_bus(Context& context, std::string_view url, redis_bus_options options = {})
        : redis_bus{asio::any_io_executor{context.get_executor()}, parse_redis_url(url), std::move(options)}
    {}

    /// Has `sink` told of what arrives, from now on until `detach` returns; the first one connects the bus. If the bus
    /// is not up, `sink` is told `changed` before this returns. `sink` must not be attached yet. Thread-safe; not from
    /// a call to a sink.
    void attach(bus_sink& sink);
    /// Has `sink` not be called any more, when this returns: waits for a call that is under way in another thread. The
    /// last one ends the connections, as soon as Redis has answered what was on its way, or after a second. A sink
    /// that is not attached is ignored. Thread-safe; not from a call to a sink.
    void detach(bus_sink& sink);
    /// Queues a PUBLISH. The receipt says at once whether the message was taken; without an error in it, it says that
    /// the message is on its way.
    ///
    /// Parameters: `message`: what, and for which channel. `done`: takes its fate; may be empty: then a loss is told
    /// to the members of the room by `missed`.
    /// Preconditions: a sink is attached.
    /// Lifetimes: the views in `message` need to live only as long as the call.
    /// Completion: `void(const bus_receipt&)` if the message was taken, once, maybe before this returns: `nodes`
    /// counts the other processes, and the other hubs of this one, that were sent it.
    /// Executor: `done` is called on the bus's strand. It is destroyed without a call if the execution context ends
    /// first.
    /// Errors: in the receipt: `message_too_large`, `queue_full` (the limits of `redis_options`, while the bus is up),
    /// `bus_unavailable` (no sink is attached, or the queue is full while the bus is down). Told to `done`:
    /// `bus_unavailable` (never sent), `delivery_unknown` (sent, and the connection broke), `redis_failed` (Redis
    /// refused it; `on_problem` says why).
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    bus_receipt publish(const bus_message& message, bus_done done = {});
    /// Notes that `sink` has its first member of `room`. True if the subscription is in force; false if `sink` will be
    /// told by `joined`. `room` needs to live only as long as the call. Calls no sink. Thread-safe.
    bool join(bus_sink& sink, std::string_view room);
    /// Notes that `sink` has no member of `room` any more. The subscription ends `redis_bus_options::linger` after the
    /// last sink has left. Calls no sink. Thread-safe.
    void leave(bus_sink& sink, std::string_view room);

    /// What the bus has counted since it was made. Thread-safe.
    redis_bus_stats stats() const;
    /// How long its messages to itself took to come back through Redis, by both connections and their queues: one when it
    /// connects, then one each `redis_bus_options::probe_interval` while the bus is in use. Thread-safe.
    bus_metrics metrics() const;

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
