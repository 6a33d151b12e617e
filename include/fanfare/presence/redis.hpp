// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_REDIS_HPP
#define FANFARE_PRESENCE_REDIS_HPP

#include <fanfare/config.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/redis/client.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// How a `redis_presence` keeps its entries.
struct redis_presence_options {
    /// Before the name of every key. Hubs that share their users share it.
    std::string prefix = "fanfare:";
    /// How long an entry outlives its hub's last refresh: 100 ms to a day. The hub refreshes three times as often. The
    /// same on all hubs.
    std::chrono::milliseconds lifetime{30'000};
};

/// Presence in Redis (5 or later), for hubs in several processes:
/// @code
/// fanfare::redis_client redis{ioc, "redis://localhost"};
/// hub.presence(fanfare::redis_presence{redis});
/// @endcode
/// A room's keys are `PREFIXpresence:{ROOM}:expires`, `:clients`, `:users`, `:awake` and `:told`; the room is their
/// hash tag. Each operation is one atomic script, by Redis' own clock. What nobody refreshes vanishes within three
/// lifetimes.
///
/// Copies share one handle to the store, one for each hub. Thread-safe; handlers are called on the client's strand;
/// they are destroyed without a call if its context ends first. The commands need Redis' permission for scripts.
/// Errors: those of `redis_client::async_command`.
///
/// When nobody has changed or refreshed a room for half a lifetime, nobody in it is taken for departed for half a
/// lifetime from then on, so that an outage of Redis makes no leaves. Expired entries are not shown meanwhile.
///
/// No script looks at more than a thousand expired entries: when more have expired in a room at once, each operation
/// takes a thousand of them out. Until they are out, and if more than a thousand others are there, users may be shown
/// and counted who have gone.
class redis_presence {
public:
    /// Makes a presence that holds a copy of `client`; one for each hub. Throws `boost::system::system_error` with
    /// `error::invalid_config` if the lifetime is out of its range.
    explicit redis_presence(redis_client client, redis_presence_options options = {});

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_presence(const redis_presence&) = default;
    redis_presence& operator=(const redis_presence&) = default;

    /// Enters a connection in a room, for `lifetime()`. Entering it again is a refresh.
    ///
    /// Parameters: `client`: the connection's id, its user (empty for none) and what others see of it.
    /// Preconditions: the handler is not empty. For one connection, an operation is started when the one before has
    /// answered.
    /// Lifetimes: `room` and `client` need to live only as long as the call.
    /// Completion: `void(error_code, presence_change)`, once: whether it is its user's first connection, and users who
    /// have departed.
    /// Executor: the handler is called on the client's strand. It is destroyed without a call if the client's context
    /// ends first.
    /// Errors: those of `redis_client::async_command`. After `delivery_unknown` the change may have been made; what it
    /// would have told is told with the next operation on the room.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_enter(std::string_view room, const presence_client& client, presence_changed handler);
    /// Takes a connection out of a room. One that is not there is no error.
    ///
    /// Parameters: `connection_id`: which.
    /// Preconditions: the handler is not empty. For one connection, an operation is started when the one before has
    /// answered.
    /// Lifetimes: the views need to live only as long as the call.
    /// Completion: `void(error_code, presence_change)`, once: whether it was its user's last connection, and users who
    /// have departed.
    /// Executor: the handler is called on the client's strand. It is destroyed without a call if the client's context
    /// ends first.
    /// Errors: those of `redis_client::async_command`. After `delivery_unknown` the change may have been made; what it
    /// would have told is told with the next operation on the room.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_leave(std::string_view room, std::string_view connection_id, presence_changed handler);
    /// Makes connections live for another `lifetime()`. Sends a command for each 500 connections of a room.
    ///
    /// Parameters: `entries`: rooms, and their connections.
    /// Preconditions: the handler is not empty. For one connection, an operation is started when the one before has
    /// answered.
    /// Lifetimes: `entries` needs to live only as long as the call.
    /// Completion: `void(error_code, presence_refresh)`, once: users who have departed, and entries that were not
    /// there any more; with an error, what is known of the other commands.
    /// Executor: the handler is called on the client's strand. It is destroyed without a call if the client's context
    /// ends first. With no connection at all it is called in the calling thread, before this returns.
    /// Errors: those of `redis_client::async_command`. After `delivery_unknown` the change may have been made; what it
    /// would have told is told with the next operation on the room.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_refresh(const std::vector<presence_entries>& entries, presence_refreshed handler);
    /// Lists who is in a room.
    ///
    /// Parameters: `limit`: clients, and users, that are listed at most; above 10,000 counts as 10,000; 0 for the
    /// counts only.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `room` needs to live only as long as the call.
    /// Completion: `void(error_code, presence_list)`, once.
    /// Executor: the handler is called on the client's strand. It is destroyed without a call if the client's context
    /// ends first.
    /// Errors: those of `redis_client::async_command`, `bus_unavailable` at once while Redis is away.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_read(std::string_view room, std::size_t limit, presence_was_read handler);
    /// How long an entry lives after its last `async_enter` or `async_refresh`: `redis_presence_options::lifetime`.
    /// Thread-safe.
    std::chrono::milliseconds lifetime() const noexcept;

    /// How the client's link stands: `redis_client::status`. Thread-safe.
    link_status status() const;
    /// `redis_client::rest`, which the hub calls when it has shut down. Thread-safe.
    void rest() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(presence_store<redis_presence>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/presence/redis.ipp>
#endif

#endif
