// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_PROTOCOL_TYPES_HPP
#define FANFARE_DETAIL_WIRE_PROTOCOL_TYPES_HPP

#include <fanfare/config.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace fanfare::detail {

/// The types of messages that a client sends and the library answers; see docs/protocol.md.
inline constexpr std::array<std::string_view, 10> request_types{
    "ping", "subscribe", "unsubscribe", "publish", "presence", "history", "inbox", "mark", "ack", "refresh"};

/// The types by which a server tells a client how it stands with it: no client may publish them.
inline constexpr std::array<std::string_view, 9> answer_types{
    "connected", "subscribed", "unsubscribed", "published", "pong", "error", "gap", "refreshed", "expiring"};

/// Whether `type` is in `answer_types`.
constexpr bool is_answer_type(std::string_view type) noexcept
{
    return std::find(answer_types.begin(), answer_types.end(), type) != answer_types.end();
}

/// Whether the protocol itself gives `type` a meaning between one client and the server.
constexpr bool is_protocol_type(std::string_view type) noexcept
{
    return is_answer_type(type) ||
           std::find(request_types.begin(), request_types.end(), type) != request_types.end();
}

} // namespace fanfare::detail

#endif
