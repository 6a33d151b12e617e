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

/// The handlers of a local connection. Called on its shard's executor, in order, never at the same time. An exception ends
/// the connection with `internal_error`, is told to `hub::on_exception` and counted. Destroyed on the shard after
/// `on_close`.
struct local_handlers {
    /// A message as JSON text: the same as a WebSocket client gets, `connected` first. Valid during the call.
    std::function<void(std::string_view message)> on_message{};
    /// The connection has ended. Called last and once, but not if the `local_connection` was closed or destroyed. The codes
    /// are those of a WebSocket close frame (RFC 6455 section 7.4).
    std::function<void(close_code code, std::string_view reason)> on_close{};
};

/// A connection of this process to its own hub: a bridge to another protocol, a log, a rule that listens to a room. It
/// speaks the same language as a WebSocket client, without a socket: rooms, history, recovery, presence, limits of rooms
/// and users, outbox and overflow policies are the same. Counts as a connection. Made by `hub::connect`.
/// @code
/// auto feed = hub.connect({.user_id = "audit"}, {.on_message = [](std::string_view message) { log(message); }});
/// feed.send(R"({"type":"subscribe","payload":{"rooms":["orders:1"]}})");
/// @endcode
/// A handle: movable, and its destructor closes. Its functions may be called from any thread, but not while the handle is
/// moved, assigned, closed or destroyed by another one; each only queues work on the shard. They do nothing if the handle is
/// empty or the connection has ended. When the hub or its execution context is destroyed first, they do nothing either, and
/// `on_close` may not be called.
class local_connection {
public:
    /// An empty handle.
    local_connection() = default;
    /// Leaves `other` empty.
    local_connection(local_connection&& other) = default;
    /// Closes the connection that it had. Leaves `other` empty.
    local_connection& operator=(local_connection&& other) noexcept
    {
        close();
        link_ = std::move(other.link_);
        return *this;
    }
    /// `close`.
    ~local_connection() { close(); }

    /// Sends one envelope, as a WebSocket client would. See docs/protocol.md.
    ///
    /// @param message JSON text, which is copied. What is no envelope is answered with an `error` to `on_message`.
    /// @return `message_too_large`, if it is above `hub_options::max_message_size` bytes; else no error, which does not say
    ///         that the connection is still there.
    ///
    /// Executor: the message is taken on the shard's executor, after this has returned; its answers come to `on_message`.
    /// Before `connected` was sent, up to `hub_options::message_burst` messages wait for it; one more ends the connection
    /// with `rate_limited`.
    /// Thread-safe.
    error_code send(std::string_view message);

    /// Stops calls of `on_message`; one that is running on the shard is the last. Messages wait in the outbox, under the
    /// rooms' overflow policies. A connection that is paused for longer than `hub_options::write_timeout` while messages
    /// wait is ended with `write_timeout`, like any slow receiver. Thread-safe.
    void pause() noexcept;

    /// Ends `pause`: the messages that wait are handed to `on_message` on the shard's executor. Does nothing if the
    /// connection is not paused. Thread-safe.
    void resume();

    /// Ends the connection and empties the handle. After this has returned no handler is called; one may still be running
    /// on the shard, if this is another thread. The connection leaves its rooms on the shard's executor, later.
    void close() noexcept;

private:
    friend struct detail::local_connector<local_handlers>;
    explicit local_connection(std::shared_ptr<detail::local_link> link) : link_{std::move(link)} {}

    std::shared_ptr<detail::local_link> link_;
};

namespace detail {

/// Carries out `hub::connect`.
///
/// Lifetimes: the handle does not keep the hub alive; the handlers live until the connection has ended.
/// Executor: `on_message` gets `connected` on the shard's executor, after this has returned.
/// Errors: throws `system_error`: `shutting_down`, `too_many_connections`, `invalid_user`, or an error of the identity's
/// rooms.
/// Thread-safe.
template <>
struct local_connector<local_handlers> {
    static local_connection connect(const std::shared_ptr<hub_core>& hub, identity who, local_handlers handlers);
};

} // namespace detail
} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/local_connection.ipp>
#endif

#endif
