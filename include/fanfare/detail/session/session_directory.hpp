// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_DIRECTORY_HPP
#define FANFARE_DETAIL_SESSION_SESSION_DIRECTORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/history/room_preparation.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Finds a hub's sessions, by number or by user, and does something to them on their shards. Thread-safe.
class session_directory {
public:
    /// Called on a shard for each connection that has joined.
    using joined_handler = std::function<void()>;

    session_directory(room_registry& rooms, const namespaces& rules, const shard_set& shards,
                      room_preparation& preparation)
        : rooms_{rooms}, rules_{rules}, shards_{shards}, preparation_{preparation}
    {}
    session_directory(const session_directory&) = delete;
    session_directory& operator=(const session_directory&) = delete;

    /// Does something to one connection, if it lives; false if there can be none of this number.
    bool with_session(std::uint64_t number, std::function<void(session&)> work);
    /// Does something to each connection of a user, those that have not been greeted yet included.
    void for_user(const std::string& user, std::function<void(session&)> work);
    /// Joins one connection, or all of a user, to a room, whether or not clients may. What the same thread publishes
    /// afterwards reaches them. Throws `system_error` (`invalid_room`, `unknown_room`).
    void join(std::uint64_t number, std::string_view room, const joined_handler& joined = {});
    void join_user(const std::string& user, std::string_view room, const joined_handler& joined = {});

private:
    using numbers = std::vector<std::uint64_t>;
    void on_shards_of(const std::string& user, std::function<void(shard&, const numbers&)> work,
                      const room_ptr& joining = {});
    void join_all(shard& home, const numbers& connections, const room_ptr& room, const joined_handler& joined);

    room_registry& rooms_;
    const namespaces& rules_;
    const shard_set& shards_;
    room_preparation& preparation_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/session_directory.ipp>
#endif

#endif
