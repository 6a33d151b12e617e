// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_CLOSE_CODE_HPP
#define FANFARE_CLOSE_CODE_HPP

#include <fanfare/config.hpp>

#include <cstdint>
#include <string_view>

namespace fanfare {

/// Why a connection was closed, and what the client should do next.
///
/// 1000 to 1015 are those of RFC 6455 section 7.4.1. 3000 to 3499, 1001, 1012 and 1013 ask the client to
/// reconnect; 3500 to 3999 ask it not to. See `should_reconnect`.
enum class close_code : std::uint16_t {
    normal = 1000,           ///< The purpose is fulfilled.
    going_away = 1001,       ///< The server goes down, or the browser leaves the page. Reconnect.
    protocol_error = 1002,   ///< A frame broke RFC 6455.
    unsupported_data = 1003, ///< A kind of message that the endpoint cannot accept (binary, here).
    no_status = 1005,        ///< Never on the wire: the peer closed without a code.
    abnormal = 1006,         ///< Never on the wire: the transport ended without a close frame.
    invalid_payload = 1007,  ///< Text that is not UTF-8 (RFC 6455 section 8.1).
    policy_violation = 1008, ///< A policy without a code of its own.
    message_too_big = 1009,  ///< A message above the limit.
    internal_error = 1011,   ///< The server failed. Reconnecting may help.
    service_restart = 1012,  ///< The server restarts. Reconnect.
    try_again_later = 1013,  ///< Overload. Reconnect later.

    reconnect = 3000,     ///< The application asks for a fresh connection.
    shutdown = 3001,      ///< Orderly shutdown; the reason names the delay.
    expired = 3002,       ///< The identity expired: get a fresh credential, then reconnect.
    stale = 3003,         ///< No sign of life within the time-out.
    rate_limited = 3004,  ///< Too many messages for too long. Reconnect later.
    write_timeout = 3005, ///< The peer did not take data within the write deadline.
    slow_receiver = 3008, ///< The outbox overflowed: reconnect and recover.

    disconnected = 3500, ///< The application ended the connection for good.
    bad_messages = 3501, ///< Too many malformed messages (`hub_options::max_violations`).
    unauthorized = 3502, ///< For the application: the user may not be connected any more.
    revoked = 3503,      ///< The credential was revoked: do not come back with the same one.
    too_many = 3504,     ///< For the application: more connections than a user or an address may have.
};

/// Whether a client that sees `code` should connect again. Thread-safe, does not throw.
constexpr bool should_reconnect(std::uint16_t code) noexcept
{
    return (code >= 3000 && code < 3500) || code == 1001 || code == 1005 || code == 1006 || code == 1011 ||
           code == 1012 || code == 1013;
}

/// Whether `code` may stand in a close frame (RFC 6455 section 7.4). Thread-safe, does not throw.
constexpr bool is_valid_on_wire(std::uint16_t code) noexcept
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/// A short lower-case name for logs, metrics and close reasons. Thread-safe, does not throw.
constexpr std::string_view to_string(close_code code) noexcept
{
    switch (code) {
    case close_code::normal: return "normal";
    case close_code::going_away: return "going_away";
    case close_code::protocol_error: return "protocol_error";
    case close_code::unsupported_data: return "unsupported_data";
    case close_code::no_status: return "no_status";
    case close_code::abnormal: return "abnormal";
    case close_code::invalid_payload: return "invalid_payload";
    case close_code::policy_violation: return "policy_violation";
    case close_code::message_too_big: return "message_too_big";
    case close_code::internal_error: return "internal_error";
    case close_code::service_restart: return "service_restart";
    case close_code::try_again_later: return "try_again_later";
    case close_code::reconnect: return "reconnect";
    case close_code::shutdown: return "shutdown";
    case close_code::expired: return "expired";
    case close_code::stale: return "stale";
    case close_code::rate_limited: return "rate_limited";
    case close_code::write_timeout: return "write_timeout";
    case close_code::slow_receiver: return "slow_receiver";
    case close_code::disconnected: return "disconnected";
    case close_code::bad_messages: return "bad_messages";
    case close_code::unauthorized: return "unauthorized";
    case close_code::revoked: return "revoked";
    case close_code::too_many: return "too_many";
    }
    return "other";
}

} // namespace fanfare

#endif
