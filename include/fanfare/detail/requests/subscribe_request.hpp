// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_SUBSCRIBE_REQUEST_HPP
#define FANFARE_DETAIL_REQUESTS_SUBSCRIBE_REQUEST_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/error.hpp>
#include <fanfare/position.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// How long a subscription token may be, in bytes.
inline constexpr std::size_t max_subscription_token = 8 * 1024;

/// A room that a `subscribe` asks for, and what becomes of it.
struct requested_room {
    std::string room;
    error refused{};  ///< Zero: not refused.
    room_ptr joins{}; ///< To be joined.
    std::optional<position> since{};
    std::uint64_t last = 0;       ///< The newest so many.
    position base{};              ///< Of the live stream, when the catching up began.
    std::uint32_t catch_up = 0;   ///< Its number.
    bool history_refused = false; ///< It may join, and not read what was before.
    bool reading = false;         ///< The history has to be read.
    std::optional<bool> recovered{};
    std::string token{}; ///< The subscription token, for the authorizer; empty: none.
};

/// The payload of a `subscribe`: `{rooms?, since?, last?, resume?, tokens?}`.
class subscribe_request {
public:
    /// What is wrong with it, in words; empty if nothing is.
    std::string read(const json::object& payload);

    /// Null if the room is not asked for.
    requested_room* find(std::string_view room);
    /// The one that is there, or a new one.
    requested_room& add(std::string_view room);

    std::deque<requested_room> rooms; // which do not move
    /// Of rooms that only the resume token may name.
    std::vector<std::pair<std::string, position>> since;
    std::vector<std::pair<std::string, std::string>> tokens;
    std::string resume;             // the token; empty: none
    std::uint64_t last_for_all = 0; // of the rooms that name no number of their own

private:
    std::string read_since(const json::value* positions);
    std::string read_last(const json::value* last);
    std::string read_tokens(const json::value* named);

    std::unordered_map<std::string_view, requested_room*> by_name_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/subscribe_request.ipp>
#endif

#endif
