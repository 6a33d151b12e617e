// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_LIST_HPP
#define FANFARE_PRESENCE_LIST_HPP

#include <fanfare/config.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace fanfare {

/// One connection in a room.
struct presence_client {
    /// See `connection_ref::id`.
    std::string connection_id;
    /// Empty for an anonymous visitor.
    std::string user_id{};
    /// What the others may know about it (a name to show, say); null for nothing.
    json::value info = nullptr;
};

/// One user in a room.
struct presence_user {
    std::string user_id;
    /// The user's connections that are in the room.
    std::size_t connections = 0;
};

/// Who is in a room, over all hubs that share the presence store.
struct presence_list {
    std::vector<presence_client> clients{}; ///< In no order; no more than were asked for.
    std::vector<presence_user> users{};     ///< Distinct, in no order; no more than were asked for.
    std::size_t client_count = 0;           ///< How many connections there are, anonymous ones included.
    std::size_t user_count = 0;             ///< How many users there are; anonymous connections are no user.
};

/// What an `enter` or a `leave` has changed. Users are counted by their connections; anonymous connections are no user.
struct presence_change {
    /// The connection that entered is its user's only one in the room.
    bool first_of_user = false;
    /// The connection that left was its user's last one in the room.
    bool last_of_user = false;
    /// Users whose last entry in the room has expired, as their hub has stopped refreshing it.
    std::vector<std::string> departed{};
};

/// Some connections of one room.
struct presence_entries {
    std::string room;
    std::vector<std::string> connection_ids;
};

/// What a `refresh` has found.
struct presence_refresh {
    /// A user in a room.
    struct user {
        std::string room;
        std::string user_id;
    };
    /// Users whose last entry in a room has expired; see `presence_change::departed`.
    std::vector<user> departed{};
    /// Of the connections that were named, those that the store does not have: enter them again.
    std::vector<presence_entries> missing{};
};

} // namespace fanfare

#endif
