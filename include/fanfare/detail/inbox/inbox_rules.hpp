// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_RULES_HPP
#define FANFARE_DETAIL_INBOX_INBOX_RULES_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox_item.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

// What all inboxes share: what they refuse, their cursors, and how their parts look on the wire.

inline constexpr std::size_t inbox_max_page = 200;
inline constexpr std::size_t inbox_page_bytes = 256 * 1024; // well below what an outbox holds
inline constexpr std::size_t inbox_max_ids = 1000;
inline constexpr std::size_t inbox_id_size = 20;
inline constexpr std::size_t inbox_data_depth = 64;
inline constexpr std::size_t inbox_max_user = 4096; // as rooms
/// A place above that of every notification. Fits into the integers of SQLite, and the doubles of Lua.
inline constexpr std::uint64_t inbox_newest = std::uint64_t{1} << 53;

/// Throws `system_error` (`invalid_config`) if they cannot work.
void check_limits(const inbox_limits& limits);

/// Why an operation is refused; no error if it is not. `data` is the item's data as JSON.
error_code check_add(const inbox_add& what, std::string_view data, const inbox_limits& limits);
error_code check_mark(std::string_view user, const inbox_mark& mark);
/// `before` becomes the place that the cursor names: only what is older is listed.
error_code check_query(std::string_view user, const inbox_query& query, std::uint64_t& before);
/// For what reads and marks: an earlier version may have kept it under a name that is none any more.
error_code check_user(std::string_view user);

std::string new_inbox_id();
/// Bytes of an item in a page, about.
std::size_t inbox_weight(const inbox_item& item, std::size_t data) noexcept;

/// A cursor that names the place of a user's notification. Its check digits keep users from making them up by mistake;
/// they keep no secret, since a cursor only opens its own user's inbox.
std::string make_inbox_cursor(std::string_view user, std::uint64_t place);
std::optional<std::uint64_t> read_inbox_cursor(std::string_view user, std::string_view cursor);

/// Times as the stores keep them: milliseconds since 1970; 0 for none.
std::int64_t to_inbox_ms(inbox_time when) noexcept;
std::int64_t to_inbox_ms(const std::optional<inbox_time>& when) noexcept;
inbox_time from_inbox_ms(std::int64_t ms) noexcept;
std::optional<inbox_time> maybe_from_inbox_ms(std::int64_t ms) noexcept;
std::int64_t inbox_now_ms() noexcept;

/// The same, with data in memory of its own: a copy of a `json::value` stays in the memory of the first.
inbox_add own_inbox_add(inbox_add what);

/// What to keep as a notification's data, as JSON text.
std::string inbox_data_text(const inbox_add& what);
/// Sets an item's data from the JSON text that was kept.
void set_inbox_data(inbox_item& item, std::string data);

/// Carries the action out on one item; false if it changes nothing.
bool apply_inbox_action(inbox_action action, inbox_time now, inbox_item& item) noexcept;
inline bool counts_unread(const inbox_item& item) noexcept
{
    return !item.read_at && !item.archived_at;
}
inline bool counts_unseen(const inbox_item& item) noexcept
{
    return !item.seen_at && !item.archived_at;
}

/// On the wire.
/// As JSON; `archived_at` may be left out.
std::string inbox_item_text(const inbox_item& item, bool with_archived = true);
json::object inbox_count_fields(json::object fields, const inbox_counts& counts);
std::string_view to_string(inbox_action action) noexcept;
std::optional<inbox_action> inbox_action_of(std::string_view name) noexcept;
std::optional<inbox_filter> inbox_filter_of(std::string_view name) noexcept;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/inbox/inbox_rules.ipp>
#endif

#endif
