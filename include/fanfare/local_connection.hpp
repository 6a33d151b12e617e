// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_LOCAL_CONNECTION_HPP
#define FANFARE_LOCAL_CONNECTION_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/hub/acceptors.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/error.hpp>
#include <fanfare/identity.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare {

namespace detail {
struct local_link;
}

/// What a local connection is told. Called on its shard's executor, in order, never at the same time; an exception ends
/// the connection with `internal_error`. Destroyed on the shard after `on_close`.
struct local_handlers {
    /// A message as JSON text: the same as a WebSocket client gets, `connected` first. Valid during the call.
    std::function<void(std::string_view message)> on_message{};
    /// The connection has ended: last, and once, unless it is ended by its own handle.
    std::function<void(close_code code, std::string_view reason)> on_close{};
};

/// A connection of this process to its own hub: a bridge to another protocol, a log, a rule that listens to a room. It
/// speaks the same language as a WebSocket client, without a socket: rooms, history, recovery, presence, limits of rooms
/// and users, outbox and overflow policies are the same. Counts as a connection. Made by `hub::connect`.
/// @code
/// auto feed = hub.connect({.user_id = "audit"}, {.on_message = [](std::string_view message) { log(message); }});
/// feed.send(R"({"type":"subscribe","payload":{"rooms":["orders:1"]}})");
/// @endcode
/// A handle: movable, and its destructor closes. Thread-safe; every function only queues work on the shard. When the hub
/// or its execution context goes first, the functions do nothing, and `on_close` may not be called.
class local_connection {
public:
    local_connection() = default;
    local_connection(local_connection&&) = default;
    local_connection& operator=(local_connection&& other) noexcept
    {
        close();
        link_ = std::move(other.link_);
        return *this;
    }
    ~local_connection() { close(); }

    /// Sends one envelope, as a WebSocket client would; the answers come to `on_message`. What is no envelope is answered
    /// with `error`. What is sent before `connected` has come waits for it, `hub_options::message_burst` messages at most.
    /// Error: `message_too_large`, if it is above `hub_options::max_message_size`.
    error_code send(std::string_view message);

    /// No more messages from now on, at the latest after the one that is being handed over: they wait in the outbox, with
    /// the rooms' overflow policies. One that pauses longer than `hub_options::write_timeout` while something waits is
    /// ended with `write_timeout`, like any slow receiver.
    void pause() noexcept;
    void resume();

    /// Ends it. No handler is called after this has returned, but one that is being called on another thread.
    void close() noexcept;

private:
    friend struct detail::local_connector<local_handlers>;
    explicit local_connection(std::shared_ptr<detail::local_link> link) : link_{std::move(link)} {}

    std::shared_ptr<detail::local_link> link_;
};

namespace detail {

/// What `hub::connect` stands on; see there.
template <>
struct local_connector<local_handlers> {
    static local_connection open(const std::shared_ptr<hub_core>& hub, identity who, local_handlers handlers);
};

} // namespace detail
} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/local_connection.ipp>
#endif

#endif
