// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_REQUEST_TYPE_HPP
#define FANFARE_DETAIL_BASE_REQUEST_TYPE_HPP

#include <fanfare/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanfare::detail {

/// What a client may ask: the library's own types, and all of the application's as one.
enum class request_type : std::uint8_t {
    subscribe,
    unsubscribe,
    publish,
    presence,
    inbox,
    mark,
    ack,
    history,
    refresh,
    ping,
    application,
};
inline constexpr std::array<std::string_view, 11> request_type_names{
    "subscribe", "unsubscribe", "publish", "presence", "inbox",      "mark",
    "ack",       "history",     "refresh", "ping",     "application"};

/// By a message's type; one that is none of the library's is the application's.
inline request_type request_type_of(std::string_view name) noexcept
{
    const auto at = std::find(request_type_names.begin(), request_type_names.end() - 1, name);
    return static_cast<request_type>(at - request_type_names.begin());
}

/// A request that is not answered yet, and when it came, by the steady clock. 0: that is not measured, or was already.
struct timed_request {
    request_type type = request_type::application;
    std::int64_t began_ns = 0;
};

} // namespace fanfare::detail

#endif
