// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ERROR_HPP
#define FANFARE_ERROR_HPP

#include <fanfare/config.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace fanfare {

/// The library's own errors.
///
/// The names are also the `code` of `error` messages on the wire and of HTTP errors.
enum class error {
    invalid_json = 1,  ///< Not JSON, or nested deeper than the limit.
    invalid_message,   ///< JSON, but not an envelope: a field is missing or of the wrong type.
    unknown_type,      ///< No handler for this message type.
    invalid_room,      ///< Not a room name: empty, too long, or a character that is not allowed.
    unknown_room,      ///< No configured namespace allows the room.
    forbidden,         ///< The identity may not do this here.
    too_many_rooms,    ///< More rooms than a connection may join.
    not_subscribed,    ///< The connection is not in this room.
    rate_limited,      ///< More messages, or rooms, than the connection's rate allows.
    too_many_requests, ///< More unanswered requests than a connection, or reads than a shard, may have.
    message_too_large, ///< The encoded message is above the limit.
    queue_full,    ///< Backpressure: the shard has more undelivered publishes than its limit. Nothing was sent.
    shutting_down, ///< The hub is shutting down. Nothing was sent.
    timed_out,     ///< An answer did not come in time.
    unauthorized,  ///< No credential, or one that is not valid.
    origin_not_allowed,   ///< The `Origin` header is not on the allow-list.
    ticket_invalid,       ///< No such ticket: never issued, expired, or already used.
    too_many_tickets,     ///< More unredeemed tickets than the store may hold.
    too_many_connections, ///< A limit of connections (all, a user's, an address's), or an address's rate.
    invalid_user,         ///< An empty or overlong user id.
    handler_failed,       ///< An application handler threw.
    invalid_config,       ///< An option has a value that cannot work.
    bus_unavailable,  ///< No link to the other processes, and what waits for it is too much or too old. Not sent.
    delivery_unknown, ///< The link broke before the bus confirmed the message: some may have got it.
    redis_failed,     ///< Redis answered a command with an error.
    no_history,       ///< The room keeps no history, so there is nothing to read and no idempotency key.
    invalid_position, ///< A position that cannot be: malformed, or beyond the end of the history.
    store_failed,     ///< The store has not taken the message, or could not be read. Nothing was sent.
    store_full,       ///< The store has as many waiting messages, or rooms, as it may. Nothing was sent.
    not_found,        ///< There is none, or it belongs to another user.
    no_inbox,         ///< The hub has no inbox.
};

/// The name of `e` as it stands on the wire. Thread-safe, does not throw.
constexpr std::string_view to_string(error e) noexcept
{
    switch (e) {
    case error::invalid_json: return "invalid_json";
    case error::invalid_message: return "invalid_message";
    case error::unknown_type: return "unknown_type";
    case error::invalid_room: return "invalid_room";
    case error::unknown_room: return "unknown_room";
    case error::forbidden: return "forbidden";
    case error::too_many_rooms: return "too_many_rooms";
    case error::not_subscribed: return "not_subscribed";
    case error::rate_limited: return "rate_limited";
    case error::too_many_requests: return "too_many_requests";
    case error::message_too_large: return "message_too_large";
    case error::queue_full: return "queue_full";
    case error::shutting_down: return "shutting_down";
    case error::timed_out: return "timed_out";
    case error::unauthorized: return "unauthorized";
    case error::origin_not_allowed: return "origin_not_allowed";
    case error::ticket_invalid: return "ticket_invalid";
    case error::too_many_tickets: return "too_many_tickets";
    case error::too_many_connections: return "too_many_connections";
    case error::invalid_user: return "invalid_user";
    case error::handler_failed: return "handler_failed";
    case error::invalid_config: return "invalid_config";
    case error::bus_unavailable: return "bus_unavailable";
    case error::delivery_unknown: return "delivery_unknown";
    case error::redis_failed: return "redis_failed";
    case error::no_history: return "no_history";
    case error::invalid_position: return "invalid_position";
    case error::store_failed: return "store_failed";
    case error::store_full: return "store_full";
    case error::not_found: return "not_found";
    case error::no_inbox: return "no_inbox";
    }
    return "unknown";
}

/// The category of `fanfare::error`. Thread-safe, does not throw.
const boost::system::error_category& error_category() noexcept;

/// Makes an `error_code` of an `error`. Thread-safe, does not throw.
error_code make_error_code(error e) noexcept;

} // namespace fanfare

namespace boost::system {
template <>
struct is_error_code_enum<fanfare::error> : std::true_type {};
} // namespace boost::system

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/error.ipp>
#endif

#endif
