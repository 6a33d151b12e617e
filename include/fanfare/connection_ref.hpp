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

/// A handle to one connection of a hub. Cheap to copy. It may outlive the connection and the hub: then its functions do
/// nothing. Thread-safe: every function only queues work on the connection's shard, and returns at once.
class connection_ref {
public:
    /// A handle to no connection.
    connection_ref() = default;

    /// The connection's id, which the client got in `connected`; unique over all hubs and restarts. Empty when the hub
    /// is gone, and for a handle to no connection.
    std::string id() const;
    /// Whose connection it is, as of when the handle was made: a later identity (`hub::on_refresh`, `refresh`) has handles of
    /// its own, as `hub::on_refreshed` gets. Precondition: the handle came from the library; this one may be called when
    /// the connection is gone.
    const identity& who() const noexcept { return *who_; }
    /// `who().user_id`, with the same precondition; empty for an anonymous visitor.
    const std::string& user_id() const noexcept { return who_->user_id; }

    /// Sends one message to this connection alone. The payload is encoded before this returns.
    ///
    /// @param type What the message is, 1 to 64 bytes of UTF-8.
    /// Throws `std::length_error` if the message is above `hub_options::max_publish_size`; `std::invalid_argument` if
    /// `type` is not 1 to 64 bytes, text is not UTF-8, or a number is not finite.
    void send(std::string_view type, const json::value& payload) const;
    /// Joins a room, whether or not clients may, and without asking the authorizer.
    /// Throws `system_error` (`invalid_room`, `unknown_room`).
    void subscribe(std::string_view room) const;
    /// Takes it out of a room. A room that it is not in is no error.
    void unsubscribe(std::string_view room) const;
    /// Gives the connection another identity of the same user, as if its client had brought a credential for it: claims and
    /// end are new, rooms that it grants besides are joined, and those that the old one granted alone are left. All of that
    /// at once, when the bus carries the rooms; then the client is sent `refreshed`, and `hub::on_refreshed` is called. Of
    /// several, each takes effect after the one before; with more than 64 that wait the connection is closed with
    /// `try_again_later`, and so it is if the identity cannot take effect when its turn has come: with `expired` if it has
    /// expired, with `revoked` if that was revoked which the connection has.
    ///
    /// @param who Without `issued_at` it counts as issued now. Keep `token_id` and `issued_at` of `who()` if the connection
    ///        is to end when the credential that it came with is revoked; `hub::refresh` keeps them.
    /// Throws `system_error`: `forbidden` if it is another user's, or only one of both is anonymous; `unauthorized` if it
    /// has expired, or was revoked; `store_failed` while it is not known what was revoked; an error of one of its rooms.
    void refresh(identity who) const;
    /// Begins the closing handshake, after what was published before.
    ///
    /// @param code What the client sees; it says whether to connect again (`should_reconnect`).
    /// @param reason For the client's log, cut to 123 bytes (RFC 6455 section 5.5).
    void close(close_code code = close_code::disconnected, std::string_view reason = {}) const;

    /// Whether both are handles to the same connection.
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

/// A client's message of the application's own type, which a handler answers; see `hub::on_message`.
///
/// Answered at most once, now or later, from any thread: after the first answer the other functions that answer do
/// nothing. A request that is destroyed without an answer is answered with `handler_failed`. When the connection is
/// gone, an answer does nothing. Movable; one object is not to be used by two threads at the same time.
class request {
public:
    request(request&&) = default;
    request& operator=(request&& other) noexcept;
    ~request();

    /// The connection that has sent it.
    const connection_ref& from() const noexcept { return from_; }
    /// The message's type.
    const std::string& type() const noexcept { return type_; }
    /// The message's room, empty if it named none.
    const std::string& room() const noexcept { return room_; }
    /// The message's payload, null if it had none.
    const json::value& payload() const noexcept { return payload_; }

    /// Answers with a message of the request's own type. Throws `std::invalid_argument` if text is not UTF-8 or a
    /// number is not finite; then the request is not answered yet.
    void reply(const json::value& payload) { reply(type_, payload); }
    /// Answers with a message of another type, 1 to 64 bytes of UTF-8, or throws `std::invalid_argument`.
    void reply(std::string_view type, const json::value& payload);
    /// Answers with an `error` message: with the name of `code`, and a text for the client's developer.
    void fail(error code, std::string_view message);
    /// Answers `handler_failed` and reports the exception to `hub::on_exception`.
    void fail_with(std::exception_ptr cause);
    /// Ends the request without an answer.
    void ignore();

    /// The executor of the connection's shard; empty when the hub is gone.
    asio::any_io_executor executor() const;

private:
    friend struct detail::application_request;
    request(connection_ref from, std::string type, std::string room, json::value payload, json::value id,
            std::int64_t began_ns)
        : from_{std::move(from)}, type_{std::move(type)}, room_{std::move(room)}, payload_(std::move(payload)),
          id_(std::move(id)), // braces would make arrays of them
          pending_{std::make_unique<std::int64_t>(began_ns)}
    {}
    template <class F>
    void finish(F answer);

    connection_ref from_;
    std::string type_;
    std::string room_;
    json::value payload_;
    json::value id_;
    // When it came, by the steady clock in nanoseconds, or 0: that is not measured. Null once answered, or moved from.
    std::unique_ptr<std::int64_t> pending_;
};

namespace detail::raw_language {
void on_message(session& s, std::string_view data, bool binary);
}

/// A connection as a raw handler sees it; valid during the call. See `hub::on_raw`.
class raw_connection {
public:
    /// Sends `data` as it is. Text must be UTF-8 (RFC 6455 section 5.6).
    void send(std::string_view data, bool binary);
    /// Begins the closing handshake; `reason` is cut to 123 bytes.
    void close(close_code code, std::string_view reason = {});

private:
    friend void detail::raw_language::on_message(detail::session& s, std::string_view data, bool binary);
    explicit raw_connection(detail::session& s) noexcept : session_{s} {}
    detail::session& session_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/session.hpp> // which holds the body, as it needs the session
#endif

#endif
