// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_REDIS_HPP
#define FANFARE_STORE_REDIS_HPP

#include <fanfare/bus/redis.hpp>
#include <fanfare/config.hpp>
#include <fanfare/redis/client.hpp>
#include <fanfare/store.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare {

/// How a `redis_store` keeps its histories. The same on all processes.
struct redis_store_options {
    /// Before the name of every key: 1 to 64 bytes, as in a room's name. Hubs that share their rooms share it.
    std::string prefix = "fanfare:";
    /// How long a room's history outlives its last use, 1 s to 366 days. A longer `history_age` counts instead.
    std::chrono::milliseconds lifetime{std::chrono::hours{24}};
    /// Redis loses nothing that it confirmed when it is killed or another server takes its place (`appendonly yes`,
    /// `appendfsync always`, and no replica that takes over): positions stay valid then. If false, a restart gives
    /// every room a new epoch, for nobody knows what else was confirmed: what Redis still has can be read, and clients
    /// are told that they may have missed something.
    bool durable = false;
};

/// History in Redis (5 or later), for hubs in several processes:
/// @code
/// fanfare::redis_client redis{ioc, where};
/// fanfare::redis_bus bus{ioc, where};
/// fanfare::hub hub{ioc.get_executor(), bus, fanfare::redis_store{redis, bus}};
/// @endcode
/// A room's keys are `PREFIXhistory:{ROOM}:log`, a stream whose ids are `OFFSET-0`, `:meta`, and a `:key:KEY` for each
/// idempotency key; the room is their hash tag. Each operation is one atomic script, by Redis' own clock.
///
/// A room begins anew, in a new epoch, where one of its keys is gone or does not fit the other: after FLUSHALL, an
/// eviction, or a lifetime without use; see also `redis_store_options::durable`.
///
/// A page that is read has at most 10,000 messages, and 8 MiB.
///
/// Copies are handles of one store. Thread-safe. The handlers are called on the client's strand; they are destroyed
/// without a call if its context ends first. Errors: those of `redis_client::async_command`, among them
/// `redis_failed` (Redis' own reasons: a key of another type, no memory, no permission), `bus_unavailable` (never sent)
/// and `delivery_unknown` (sent, and the link broke); and `message_too_large` for what the bus does not carry.
class redis_store {
public:
    /// Makes a store that appends and reads; the hub publishes on its bus.
    ///
    /// `client` is shared: the store holds a copy. The first commands may wait until it is connected. Throws
    /// `boost::system::system_error` with `error::invalid_config` that names what is wrong with `options`.
    explicit redis_store(redis_client client, redis_store_options options = {});
    /// Makes a store that appends and publishes in one step, to the hubs on `bus`: so the messages of all processes
    /// arrive in the order of the history.
    ///
    /// `client` is connected to the same Redis as `bus`. Both are shared: the store holds copies. Throws as the other
    /// constructor does.
    redis_store(redis_client client, const redis_bus& bus, redis_store_options options = {});

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_store(const redis_store&) = default;
    redis_store& operator=(const redis_store&) = default;

    /// Appends a message to a room's history; the hub publishes it. A store that was made with a bus publishes it in
    /// the same step.
    ///
    /// Parameters: `message`: what to store, without an offset, in which room, within which limits, and with which
    /// idempotency key (empty for none).
    /// Preconditions: `done` is not empty, and must not call the store.
    /// Lifetimes: the views in `message` need to live only as long as the call.
    /// Completion: `void(const append_answer&)`, once: the position, or that of the first message with the same
    /// idempotency key, and whether it was published. The answer lives as long as the call.
    /// Executor: `done` is called on the client's strand; for `message_too_large` in the calling thread, before this
    /// returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `message_too_large` (the bus does not carry it); those of `redis_client::async_command`. Whether the
    /// message is stored is unknown after `delivery_unknown`; then append it again with the same idempotency key.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_append(history_append message, append_done done);
    /// Reads a part of a room's history, at most 10,000 messages and `max_history_page_bytes` of it.
    ///
    /// Parameters: `query`: from which offset, how many messages and bytes, in which order, within which limits.
    /// Preconditions: `done` is not empty, and must not call the store.
    /// Lifetimes: `room` needs to live only as long as the call.
    /// Completion: `void(error_code, history_page)`, once, with one consistent view of everything that was answered
    /// before the call at least.
    /// Executor: `done` is called on the client's strand. It is destroyed without a call if the client's context ends
    /// first.
    /// Errors: those of `redis_client::async_command`; `bus_unavailable` at once while Redis is away;
    /// `redis_failed` also where the keys do not hold a history.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_read(std::string_view room, const history_query& query, history_done done);

    /// How the client's link stands: `redis_client::status`. Thread-safe.
    link_status status() const;
    /// `redis_client::rest`, which the hub calls when it has shut down. Thread-safe.
    void rest() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(store<redis_store>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/store/redis.ipp>
#endif

#endif
