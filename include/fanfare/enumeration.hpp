// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ENUMERATION_HPP
#define FANFARE_ENUMERATION_HPP

#include <fanfare/config.hpp>
#include <fanfare/position.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// The most that one page of `hub::async_rooms` or `hub::async_connections` lists.
inline constexpr std::size_t max_enumeration_limit = 1000;

/// Which rooms of a hub to list; see `hub::async_rooms`.
struct room_query {
    /// `room_page::next` of the page before, or any room's name: only those after it. Empty: from the first on.
    std::string after{};
    /// Rooms of a page, 1 to `max_enumeration_limit`.
    std::size_t limit = 100;
    /// Only rooms whose names begin with this.
    std::string prefix{};
};

/// A room as one hub knows it.
struct room_info {
    std::string name;
    /// Connections of this hub that are in it.
    std::size_t members = 0;
    /// Whether it keeps a history.
    bool history = false;
    /// Whether it has presence.
    bool presence = false;
    /// The place of the last message of its history that has passed through this hub; no position if nobody knows.
    position last{};
};

/// Some of a hub's rooms.
struct room_page {
    /// By name, compared byte by byte.
    std::vector<room_info> rooms{};
    /// What to give as `room_query::after` for those that follow; empty if there are none.
    std::string next{};
};

/// Which connections of a hub to list; see `hub::async_connections`.
struct connection_query {
    /// `connection_page::next` of the page before, or the id of any connection of this hub. Empty: from the first on.
    std::string after{};
    /// Connections of a page, 1 to `max_enumeration_limit`.
    std::size_t limit = 100;
    /// Only this user's; an empty name: only anonymous ones.
    std::optional<std::string> user{};
};

/// A connection of a hub. Nothing in it is a credential, or opens anything.
struct connection_info {
    /// As the client got it in `connected`.
    std::string id;
    /// Empty: anonymous.
    std::string user_id;
    /// The client's address, as limits and logs see it; empty if it has none.
    std::string address;
    /// `websocket`, `events` or `local`. It lives as long as the program.
    std::string_view transport;
    /// What it speaks: `fanfare`, or `raw` (`hub::on_raw`). It lives as long as the program.
    std::string_view protocol;
    /// Rooms that it is in, its user's own included.
    std::size_t rooms = 0;
    /// Messages that wait for it in the outbox.
    std::size_t waiting_messages = 0;
    /// Bytes that wait for it, in the outbox and on the way from the history.
    std::size_t waiting_bytes = 0;
    /// It takes no more now: something waits until it does.
    bool slow = false;
};

/// Some of a hub's connections.
struct connection_page {
    /// In an order that never changes while they live; not by age.
    std::vector<connection_info> connections{};
    /// What to give as `connection_query::after` for those that follow; empty if there are none.
    std::string next{};
};

} // namespace fanfare

#endif
