// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_CONNECTION_REF_HPP
#define FANFARE_CONNECTION_REF_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare {

/// A handle to one connection of a hub. Cheap to copy, never dangles: when the connection or the hub is gone, its
/// functions do nothing. Thread-safe: every function only queues work on the connection's shard.
class connection_ref {
public:
    connection_ref() = default;

    /// The id that clients get in `connected`; unique over all hubs and restarts. Empty for an empty handle.
    std::string id() const;
    /// Who the connection is. Only for a handle that the library gave out.
    const identity& who() const noexcept { return *who_; }
    const std::string& user_id() const noexcept { return who_->user_id; }

    /// Sends one message to this connection alone. Throws `std::length_error` if it is above `max_publish_size`,
    /// `std::invalid_argument` if `type` is not 1 to 64 bytes, text is not UTF-8, or a number is not finite.
    void send(std::string_view type, const json::value& payload) const;
    /// Joins a room, whether or not clients may, and without asking the authorizer.
    /// Throws `system_error` (`invalid_room`, `unknown_room`).
    void subscribe(std::string_view room) const;
    void unsubscribe(std::string_view room) const;
    /// Begins the closing handshake, after all that was published before; `reason` is cut to 123 bytes (RFC 6455
    /// section 5.5).
    void close(close_code code = close_code::disconnected, std::string_view reason = {}) const;

    friend bool operator==(const connection_ref& a, const connection_ref& b) noexcept
    {
        return a.number_ == b.number_ && !a.hub_.owner_before(b.hub_) && !b.hub_.owner_before(a.hub_);
    }

private:
    friend class detail::session;
    friend class request;
    connection_ref(std::weak_ptr<const detail::session_context> hub, std::uint64_t number,
                   std::shared_ptr<const identity> who)
        : hub_{std::move(hub)}, number_{number}, who_{std::move(who)}
    {}

    std::weak_ptr<const detail::session_context> hub_; // keeps the hub, while it is locked
    std::uint64_t number_ = 0;
    std::shared_ptr<const identity> who_;
};

/// A client's message that a handler of the application answers, now or later, from any thread, at most once.
/// Movable. A request that is destroyed without an answer is answered with `handler_failed`.
class request {
public:
    request(request&&) = default;
    request& operator=(request&& other) noexcept;
    ~request();

    const connection_ref& from() const noexcept { return from_; }
    const std::string& type() const noexcept { return type_; }
    const std::string& room() const noexcept { return room_; }
    /// The message's payload, null if it had none.
    const json::value& payload() const noexcept { return payload_; }

    /// Answers with a message of the request's own type, or of another. Throws as `connection_ref::send`.
    void reply(const json::value& payload) { reply(type_, payload); }
    void reply(std::string_view type, const json::value& payload);
    /// Answers with an `error` message.
    void fail(error code, std::string_view message);
    /// Answers `handler_failed` and reports the exception to `hub::on_exception`.
    void fail_with(std::exception_ptr cause);
    /// Nothing is to be answered.
    void ignore();

    /// The executor of the connection's shard.
    asio::any_io_executor executor() const;

private:
    friend struct detail::application_request;
    request(connection_ref from, std::string type, std::string room, json::value payload, json::value id)
        : from_{std::move(from)}, type_{std::move(type)}, room_{std::move(room)}, payload_(std::move(payload)),
          id_(std::move(id)), // braces would make arrays of them
          pending_{std::make_unique<bool>(true)}
    {}
    template <class F>
    void finish(F answer);

    connection_ref from_;
    std::string type_;
    std::string room_;
    json::value payload_;
    json::value id_;
    std::unique_ptr<bool> pending_; // null once answered, or moved from
};

/// A connection in the hands of a raw handler, for the length of the call. See `hub::on_raw`.
class raw_connection {
public:
    /// Sends `data` as it is. Text must be UTF-8 (RFC 6455 section 5.6).
    void send(std::string_view data, bool binary);
    void close(close_code code, std::string_view reason = {});

private:
    friend class detail::raw_protocol;
    explicit raw_connection(detail::session& s) noexcept : session_{s} {}
    detail::session& session_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/session.hpp> // which holds the body, as it needs the session
#endif

#endif
