// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PRESENCE_HPP
#define FANFARE_DETAIL_REQUESTS_PRESENCE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/presence_list.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Clients, and users, that one answer names: unless the caller says otherwise, and at most.
inline constexpr std::size_t presence_default_limit = 100;
inline constexpr std::size_t presence_max_limit = 1000;

/// The answer on the wire: `{room, clients, users, client_count, user_count}`. Names as many clients as fit into 256
/// KiB.
json::object presence_answer(std::string_view room, const presence_list& who);

/// Why nobody can ask who is in this room; no error if one can.
error_code presence_refused(const namespaces& rules, std::string_view room);

/// Reads who is in a room. Thread-safe; the handler is called on any thread, with `invalid_room`, `unknown_room`,
/// `forbidden` (the room has no presence), or the store's error.
void read_presence(const namespaces& rules, presence_tracker& presence, std::string_view room, std::size_t limit,
                   std::function<void(error_code, presence_list)> handler);

/// One `presence` request of a client, `{room?, limit?}`.
struct presence_operation {
    static void start(session& s, const incoming& message);

private:
    static void answer(client_request& request, const std::string& room, error_code ec, const presence_list& who);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/presence.ipp>
#endif

#endif
