// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_MESSAGE_IPP
#define FANFARE_DETAIL_REDIS_MESSAGE_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/detail/wire/traceparent.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL bool parse_epoch(std::string_view text, std::uint64_t& out) noexcept
{
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() != 16 || !std::all_of(text.begin(), text.end(), is_digit))
        return false;
    std::from_chars(text.data(), text.data() + text.size(), out, 16);
    return out != 0;
}

FANFARE_DECL void append_redis_message(std::string& out, const redis_message& message)
{
    char head[max_redis_header_line] = {'F', message.at ? '2' : '1', ' ', static_cast<char>(message.what), ' '};
    char* const end = head + sizeof head;
    char* at = std::to_chars(head + 5, end, message.except, 16).ptr;
    *at++ = ' ';
    at = std::to_chars(at, end, message.key.size()).ptr;
    if (message.at) {
        *at++ = ' ';
        const auto epoch = epoch_text(message.at.epoch);
        at = std::copy(epoch.begin(), epoch.end(), at);
        *at++ = ' ';
        at = std::to_chars(at, end, message.at.offset).ptr;
    }
    *at++ = '\n';
    out.append(head, static_cast<std::size_t>(at - head)).append(message.key).append(message.body);
}

// Takes a number and the character behind it from the front of `text`. Only one spelling of each number is right.
inline bool take_number(std::string_view& text, int base, char behind, std::uint64_t& out) noexcept
{
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [at, ec] = std::from_chars(begin, end, out, base);
    if (ec != std::errc{} || at == end || *at != behind || (*begin == '0' && at - begin > 1))
        return false;
    for (const char* p = begin; p != at; ++p)
        if (*p >= 'A' && *p <= 'F')
            return false;
    text.remove_prefix(static_cast<std::size_t>(at - begin) + 1);
    return true;
}

inline bool is_redis_kind(char c) noexcept
{
    return std::string_view{"rbcmap"}.find(c) != std::string_view::npos;
}

// A body for clients must not break their connections: text frames are UTF-8.
inline bool looks_like_envelope(std::string_view body) noexcept
{
    return body.size() >= 2 && body.front() == '{' && body.back() == '}' && is_utf8(body);
}

// Takes `EPOCH OFFSET\n` from the front of `text`.
inline bool take_position(std::string_view& text, position& out) noexcept
{
    if (text.size() < 17 || !parse_epoch(text.substr(0, 16), out.epoch) || text[16] != ' ')
        return false;
    text.remove_prefix(17);
    return take_number(text, 10, '\n', out.offset) && out.offset != 0;
}

FANFARE_DECL bool parse_redis_message(std::string_view text, redis_message& out, std::string& why)
{
    const auto fail = [&why](std::string_view what) {
        why = what;
        return false;
    };
    const bool placed = text.starts_with("F2 ");
    if (!placed && !text.starts_with("F1 "))
        return fail("a header of an unknown version");
    text.remove_prefix(3);
    std::uint64_t key_size = 0;
    if (text.size() < 2 || !is_redis_kind(text[0]) || text[1] != ' ')
        return fail("a message of an unknown kind");
    out.what = static_cast<redis_message::kind>(text[0]);
    text.remove_prefix(2);
    out.at = {};
    if (!take_number(text, 16, ' ', out.except) || !take_number(text, 10, placed ? ' ' : '\n', key_size) ||
        (placed && !take_position(text, out.at)))
        return fail("a damaged header");
    if (placed && out.what != redis_message::kind::room)
        return fail("a position of what has none");
    if (key_size > max_redis_key_size || key_size > text.size())
        return fail("a key of the wrong size");
    out.key = text.substr(0, static_cast<std::size_t>(key_size));
    out.body = text.substr(static_cast<std::size_t>(key_size));
    const bool for_clients = out.what == redis_message::kind::room || out.what == redis_message::kind::broadcast;
    if (for_clients && !looks_like_envelope(out.body))
        return fail("a body that is not an envelope");
    return true;
}

// The type that the object names, or empty.
inline std::string_view foreign_type(const json::object& object)
{
    const auto type = string_field(object, "type").value_or("");
    return is_message_type(type) ? type : std::string_view{};
}

// The members of an object that are the payload of a message without one, as they are written.
inline std::string foreign_fields(std::string_view object)
{
    std::string out = "{";
    for_each_json_member(object, [&out](std::string_view key, std::string_view value) {
        for (const std::string_view own : {"type", "room", "timestamp"})
            if (is_json_key(key, own))
                return;
        out += out.size() == 1 ? "" : ",";
        out.append(key).append(":").append(value);
    });
    return out += '}';
}

// The trace of a message from elsewhere. One that is none is dropped: the message is worth more.
inline std::string_view foreign_trace(const json::object& object)
{
    const auto trace = string_field(object, "trace").value_or("");
    return is_traceparent(trace) ? trace : std::string_view{};
}

FANFARE_DECL std::string foreign_envelope(std::string_view room, std::string_view text, wall_time now,
                                          std::string& why)
{
    json::monotonic_resource memory;
    why.clear();
    const auto value = parse_json_roughly(text, max_foreign_json_depth, &memory, why);
    if (!why.empty())
        return {};
    const auto* object = value.if_object();
    const auto type = object ? foreign_type(*object) : std::string_view{};
    if (type.empty())
        return write_envelope({.type = "message", .room = room, .payload_text = json_cursor{text}.value()}, now);
    if (const auto payload = json_member_text(text, "payload"))
        return write_envelope(
            {.type = type, .room = room, .payload_text = *payload, .trace = foreign_trace(*object)}, now);
    const auto rest = foreign_fields(text);
    return write_envelope({.type = type, .room = room, .payload_text = rest}, now);
}

FANFARE_DECL foreign_notification read_notification(std::string_view text, wall_time now, std::string& why)
{
    json::monotonic_resource memory;
    why.clear();
    const auto value = parse_json_roughly(text, max_foreign_json_depth, &memory, why);
    if (!why.empty())
        return {};
    const auto* object = value.if_object();
    if (!object) {
        why = "not a JSON object";
        return {};
    }
    std::string payload;
    for (const auto* name : {"user_id", "title", "message"}) {
        const auto field = string_field(*object, name);
        if (!field) {
            why = std::string{name} + " must be a string";
            return {};
        }
        payload.append(payload.empty() ? "{\"" : ",\"").append(name).append("\":");
        append_json_string(payload, *field);
    }
    if (const auto data = json_member_text(text, "data"))
        payload.append(",\"data\":").append(*data);
    payload += '}';
    const auto user = *string_field(*object, "user_id");
    foreign_notification result{.room = "user:" + std::string{user}, .envelope = {}};
    if (user.empty() || !is_room_name(result.room, max_foreign_room_name)) {
        why = "user_id must be 1 to 123 bytes, of characters that names may have";
        return {};
    }
    result.envelope = write_envelope(
        {.type = "notification", .room = result.room, .payload_text = payload, .trace = foreign_trace(*object)},
        now);
    return result;
}

} // namespace fanfare::detail

#endif
