// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_IMPL_ENVELOPE_IPP
#define FANFARE_IMPL_ENVELOPE_IPP

#include <fanfare/detail/envelope.hpp>
#include <fanfare/detail/utf8.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serializer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void append_json_string(std::string& out, std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i != text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\')
            out.append({'\\', static_cast<char>(c)});
        else
            out.append({'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]});
    }
    out.append(text, plain);
    out += '"';
}

FANFARE_DECL void append_json(std::string& out, const json::value& value)
{
    json::serializer writer;
    writer.reset(&value);
    char piece[1024];
    while (!writer.done())
        out += static_cast<std::string_view>(writer.read(piece, sizeof piece));
}

FANFARE_DECL void append_timestamp(std::string& out, wall_time when)
{
    using namespace std::chrono;
    const auto day = floor<days>(when);
    const year_month_day date{day};
    const hh_mm_ss time{floor<milliseconds>(when - day)};
    char text[] = "0000-00-00T00:00:00.000Z";
    const auto put = [&text](std::size_t end, auto value, int digits) {
        for (auto rest = static_cast<unsigned>(value); digits != 0; --digits, rest /= 10)
            text[--end] = static_cast<char>('0' + rest % 10);
    };
    put(4, int{date.year()}, 4);
    put(7, unsigned{date.month()}, 2);
    put(10, unsigned{date.day()}, 2);
    put(13, time.hours().count(), 2);
    put(16, time.minutes().count(), 2);
    put(19, time.seconds().count(), 2);
    put(23, time.subseconds().count(), 3);
    out.append(text, sizeof text - 1);
}

FANFARE_DECL std::string write_envelope(const outgoing& message, wall_time now)
{
    std::string out;
    out.reserve(256);
    out += "{\"type\":";
    append_json_string(out, message.type);
    if (!message.room.empty()) {
        out += ",\"room\":";
        append_json_string(out, message.room);
    }
    if (message.payload) {
        out += ",\"payload\":";
        append_json(out, *message.payload);
    }
    out += ",\"timestamp\":\"";
    append_timestamp(out, now);
    out += '"';
    if (message.request_id) {
        out += ",\"request_id\":";
        append_json(out, *message.request_id);
    }
    out += '}';
    return out;
}

FANFARE_DECL shared_frame encode(const outgoing& message, wall_time now, const frame_tags& tags)
{
    return frame::make(ws_opcode::text, write_envelope(message, now), tags);
}

FANFARE_DECL shared_frame encode_error(error code, std::string_view message, const json::value* request_id, wall_time now)
{
    const json::value payload{{"code", to_string(code)}, {"message", message}};
    return encode({.type = "error", .payload = &payload, .request_id = request_id}, now);
}

FANFARE_DECL shared_frame encode_gap(std::string_view room, std::size_t dropped, wall_time now)
{
    const json::value payload{{"reason", "slow_receiver"}, {"dropped", dropped}};
    return encode({.type = "gap", .room = room, .payload = &payload}, now);
}

FANFARE_DECL shared_frame encode_missed(std::string_view room, wall_time now)
{
    const json::value payload{{"reason", "link_lost"}};
    return encode({.type = "gap", .room = room, .payload = &payload}, now, {room, {}, 0});
}

FANFARE_DECL json::object receipt_fields(json::object fields, const receipt& done)
{
    fields["local_receivers"] = done.local_receivers;
    fields["dispatched_to_cluster"] = done.dispatched_to_cluster;
    if (done.nodes)
        fields["nodes"] = *done.nodes;
    return fields;
}

// Sets the fields of `result` from its root; false, with `failed` and `why` set, if that is no envelope.
inline bool read_fields(incoming& result)
{
    const auto fail = [&result](std::string_view why) {
        result.failed = error::invalid_message;
        result.why = why;
        return false;
    };
    const auto* object = result.root.if_object();
    if (!object)
        return fail("a message must be a JSON object");
    if (const auto* id = object->if_contains("request_id"); id && !id->is_null()) {
        const auto* s = id->if_string();
        if (!(s ? s->size() <= 64 : id->is_number()))
            return fail("request_id must be a number or a string of at most 64 bytes");
        result.request_id = id;
    }
    const auto* type = object->if_contains("type");
    if (!type || !type->is_string() || type->get_string().empty() || type->get_string().size() > 64)
        return fail("type must be a string of 1 to 64 bytes");
    result.type = type->get_string();
    if (const auto* room = object->if_contains("room"); room && !room->is_null()) {
        if (!room->is_string())
            return fail("room must be a string");
        result.room = room->get_string();
    }
    result.payload = object->if_contains("payload");
    return true;
}

// Boost.JSON reads 1e999 as infinity, and writes that as a number that it does not read back.
inline bool all_finite(const json::value& value)
{
    if (const auto* number = value.if_double())
        return std::isfinite(*number);
    if (const auto* list = value.if_array())
        return std::all_of(list->begin(), list->end(), [](const json::value& v) { return all_finite(v); });
    if (const auto* object = value.if_object())
        return std::all_of(object->begin(), object->end(), [](const auto& field) { return all_finite(field.value()); });
    return true;
}

FANFARE_DECL json::value parse_json(std::string_view text, std::size_t max_depth, json::storage_ptr storage,
                                    std::string& why)
{
    json::parse_options options;
    options.max_depth = max_depth;
    error_code ec;
    auto value = json::parse(text, ec, std::move(storage), options);
    if (!ec && all_finite(value))
        return value;
    why = !ec                            ? std::string{"a number is out of range"}
          : ec == json::error::too_deep ? std::string{"JSON nested deeper than the limit"}
                                         : "not valid JSON: " + ec.message();
    return nullptr;
}

FANFARE_DECL incoming parse_envelope(std::string_view text, std::size_t max_depth, json::storage_ptr storage)
{
    std::string why;
    incoming result{parse_json(text, max_depth, std::move(storage), why)};
    if (why.empty()) {
        read_fields(result);
    } else {
        result.failed = error::invalid_json;
        result.why = std::move(why);
    }
    return result;
}

FANFARE_DECL bool is_room_name(std::string_view name, std::size_t max_size) noexcept
{
    if (name.empty() || name.size() > max_size)
        return false;
    for (const char c : name)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f ||
            std::string_view{"\"\\,*?[]{}"}.find(c) != std::string_view::npos)
            return false;
    return is_utf8(name);
}

} // namespace fanfare::detail

#endif
