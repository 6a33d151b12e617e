// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_RULES_IPP
#define FANFARE_DETAIL_INBOX_INBOX_RULES_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/utf8.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void check_limits(const inbox_limits& limits)
{
    if (limits.items == 0 || limits.title == 0 || limits.message == 0 || limits.data < 4)
        throw boost::system::system_error{error::invalid_config, "inbox_limits"};
}

FANFARE_DECL error_code check_user(std::string_view user)
{
    return was_room_name(user, inbox_max_user) ? error_code{} : error_code{error::invalid_user};
}

FANFARE_DECL error_code check_add(const inbox_add& what, std::string_view data, const inbox_limits& limits)
{
    if (!is_room_name(what.user_id, inbox_max_user))
        return error::invalid_user;
    if (what.title.size() > limits.title || what.message.size() > limits.message || data.size() > limits.data)
        return error::message_too_large;
    if ((!what.idempotency_key.empty() && !is_key(what.idempotency_key, max_notification_key_size)) ||
        !is_utf8(what.title) || !is_utf8(what.message) || !is_utf8(data))
        return error::invalid_message;
    // What could not be read again: nested too deep, or a number that is none.
    std::string why;
    if (data != "null")
        parse_json_roughly(data, inbox_data_depth, {}, why);
    return why.empty() ? error_code{} : error_code{error::invalid_message};
}

FANFARE_DECL inbox_add own_inbox_add(inbox_add what)
{
    return {.user_id = std::move(what.user_id),
            .title = std::move(what.title),
            .message = std::move(what.message),
            .data = json::value(std::move(what.data), json::storage_ptr{}),
            .idempotency_key = std::move(what.idempotency_key),
            .data_text = std::move(what.data_text)};
}

FANFARE_DECL std::string inbox_data_text(const inbox_add& what)
{
    if (!what.data_text.empty())
        return std::string{json_cursor{what.data_text}.value()}; // without white space around it
    std::string out;
    append_json(out, what.data);
    return out;
}

FANFARE_DECL void set_inbox_data(inbox_item& item, std::string data)
{
    std::string why;
    item.data = parse_json(data, inbox_data_depth, {}, why);
    item.data_text = std::move(data);
}

FANFARE_DECL error_code check_mark(std::string_view user, const inbox_mark& mark)
{
    if (const auto ec = check_user(user))
        return ec;
    if (mark.all != mark.ids.empty() || mark.ids.size() > inbox_max_ids)
        return error::invalid_message;
    return {};
}

FANFARE_DECL error_code check_query(std::string_view user, const inbox_query& query, std::uint64_t& before)
{
    if (const auto ec = check_user(user))
        return ec;
    if (query.limit == 0 || query.limit > inbox_max_page)
        return error::invalid_message;
    before = inbox_newest;
    if (query.cursor.empty())
        return {};
    const auto place = read_inbox_cursor(user, query.cursor);
    if (!place)
        return error::invalid_message;
    before = *place;
    return {};
}

FANFARE_DECL std::string new_inbox_id()
{
    return random_token(inbox_id_size * 3 / 4);
}

FANFARE_DECL std::size_t inbox_weight(const inbox_item& item, std::size_t data) noexcept
{
    return item.title.size() + item.message.size() + item.user_id.size() + data + 256;
}

// ---- cursors: 16 hexadecimal digits of the place, 8 of the check

inline std::string inbox_digits(std::uint64_t value, std::size_t width)
{
    char text[16];
    const auto* end = std::to_chars(text, text + sizeof text, value, 16).ptr;
    std::string out(width - static_cast<std::size_t>(end - text), '0');
    out.append(static_cast<const char*>(text), end);
    return out;
}

// FNV-1a.
inline std::uint32_t inbox_check(std::string_view user, std::string_view place) noexcept
{
    std::uint32_t hash = 2166136261U;
    for (const auto text : {std::string_view{"fanfare inbox "}, user, std::string_view{"\n"}, place})
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

FANFARE_DECL std::string make_inbox_cursor(std::string_view user, std::uint64_t place)
{
    const auto digits = inbox_digits(place, 16);
    return digits + inbox_digits(inbox_check(user, digits), 8);
}

FANFARE_DECL std::optional<std::uint64_t> read_inbox_cursor(std::string_view user, std::string_view cursor)
{
    std::uint64_t place = 0;
    if (cursor.size() != 24)
        return std::nullopt;
    const auto read = std::from_chars(cursor.data(), cursor.data() + 16, place, 16);
    if (read.ec != std::errc{} || read.ptr != cursor.data() + 16 || place == 0 || place >= inbox_newest ||
        make_inbox_cursor(user, place) != cursor)
        return std::nullopt;
    return place;
}

// ---- times and marks

FANFARE_DECL std::int64_t to_inbox_ms(inbox_time when) noexcept
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

FANFARE_DECL std::int64_t to_inbox_ms(const std::optional<inbox_time>& when) noexcept
{
    return when ? to_inbox_ms(*when) : 0;
}

FANFARE_DECL inbox_time from_inbox_ms(std::int64_t ms) noexcept
{
    return time_of<inbox_time>(std::chrono::milliseconds{ms});
}

FANFARE_DECL std::optional<inbox_time> maybe_from_inbox_ms(std::int64_t ms) noexcept
{
    return ms == 0 ? std::nullopt : std::optional{from_inbox_ms(ms)};
}

FANFARE_DECL std::int64_t inbox_now_ms() noexcept
{
    return to_inbox_ms(wall_now());
}

FANFARE_DECL bool apply_inbox_action(inbox_action action, inbox_time now, inbox_item& item) noexcept
{
    const auto set = [now](std::optional<inbox_time>& mark) { return mark ? false : (mark = now, true); };
    const auto unset = [](std::optional<inbox_time>& mark) {
        return std::exchange(mark, std::nullopt).has_value();
    };
    switch (action) {
    case inbox_action::seen: return set(item.seen_at);
    case inbox_action::read: return set(item.read_at) && (set(item.seen_at), true);
    case inbox_action::unread: return unset(item.read_at);
    case inbox_action::archive: return set(item.archived_at);
    case inbox_action::unarchive: return unset(item.archived_at);
    }
    return false;
}

// ---- on the wire

FANFARE_DECL std::string inbox_item_text(const inbox_item& item, bool with_archived)
{
    std::string out;
    out.reserve(inbox_weight(item, item.data_text.size()));
    const auto text = [&out](std::string_view name, std::string_view value) {
        append_json_string(out.append(name), value);
    };
    const auto time = [&out](std::string_view name, const std::optional<inbox_time>& when) {
        out.append(name).append(when ? "\"" : "null");
        if (when) {
            append_timestamp(out, *when);
            out += '"';
        }
    };
    text("{\"id\":", item.id);
    text(",\"user_id\":", item.user_id);
    text(",\"title\":", item.title);
    text(",\"message\":", item.message);
    out += ",\"data\":";
    if (item.data_text.empty())
        append_json(out, item.data);
    else
        out += item.data_text;
    time(",\"created_at\":", item.created_at);
    time(",\"seen_at\":", item.seen_at);
    time(",\"read_at\":", item.read_at);
    if (with_archived)
        time(",\"archived_at\":", item.archived_at);
    return out += '}';
}

FANFARE_DECL json::object inbox_count_fields(json::object fields, const inbox_counts& counts)
{
    fields["unread"] = counts.unread;
    fields["unseen"] = counts.unseen;
    fields["revision"] = counts.revision;
    return fields;
}

inline constexpr std::array<std::string_view, 5> inbox_action_names{"seen", "read", "unread", "archive",
                                                                    "unarchive"};
inline constexpr std::array<std::string_view, 4> inbox_filter_names{"active", "all", "unread", "archived"};

FANFARE_DECL std::string_view to_string(inbox_action action) noexcept
{
    return inbox_action_names[static_cast<std::size_t>(action) % inbox_action_names.size()];
}

FANFARE_DECL std::optional<inbox_action> inbox_action_of(std::string_view name) noexcept
{
    for (std::size_t i = 0; i != inbox_action_names.size(); ++i)
        if (inbox_action_names[i] == name)
            return static_cast<inbox_action>(i);
    return std::nullopt;
}

FANFARE_DECL std::optional<inbox_filter> inbox_filter_of(std::string_view name) noexcept
{
    for (std::size_t i = 0; i != inbox_filter_names.size(); ++i)
        if (inbox_filter_names[i] == name)
            return static_cast<inbox_filter>(i);
    return std::nullopt;
}

} // namespace fanfare::detail

#endif
