// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_ENVELOPE_IPP
#define FANFARE_DETAIL_WIRE_ENVELOPE_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void append_timestamp(std::string& out, wall_time when)
{
    using namespace std::chrono;
    when = std::clamp(when, wall_time::min() + days{1}, wall_time::max() - days{1}); // of a store, say
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
    using namespace std::string_view_literals; // of known lengths: nothing is counted
    std::string out;
    out.reserve(256 + message.payload_text.size());
    out += "{\"type\":"sv;
    append_json_string(out, message.type);
    if (!message.room.empty()) {
        out += ",\"room\":"sv;
        append_json_string(out, message.room);
    }
    if (message.payload) {
        out += ",\"payload\":"sv;
        append_json(out, *message.payload);
    }
    if (!message.payload_text.empty()) {
        out += ",\"payload\":"sv;
        out += message.payload_text;
    }
    out += ",\"timestamp\":\""sv;
    append_timestamp(out, now);
    out += '"';
    if (message.request_id) {
        out += ",\"request_id\":"sv;
        append_json(out, *message.request_id);
    }
    if (!message.trace.empty()) {
        out += ",\"trace\":"sv;
        append_json_string(out, message.trace);
    }
    out += '}';
    return out;
}

FANFARE_DECL shared_frame encode(const outgoing& message, wall_time now, const frame_tags& tags)
{
    return frame::make(ws_opcode::text, write_envelope(message, now), tags);
}

FANFARE_DECL error own_error(const error_code& ec) noexcept
{
    return ec.category() == error_category() ? static_cast<error>(ec.value()) : error::store_failed;
}

FANFARE_DECL std::string_view wire_code(const error_code& ec) noexcept
{
    return to_string(own_error(ec));
}

FANFARE_DECL json::value own_value(const json::value* from)
{
    return from ? json::value(*from, json::storage_ptr{}) : json::value();
}

FANFARE_DECL shared_frame encode_error(const error_code& code, std::string_view message,
                                       const json::value* request_id, wall_time now)
{
    const json::value payload{{"code", wire_code(code)}, {"message", message}};
    return encode({.type = "error", .payload = &payload, .request_id = request_id}, now);
}

FANFARE_DECL shared_frame encode_gap(std::string_view room, std::size_t dropped, wall_time now)
{
    const json::value payload{{"reason", "slow_receiver"}, {"dropped", dropped}};
    return encode({.type = "gap", .room = room, .payload = &payload}, now);
}

inline shared_frame encode_gap(std::string_view room, std::string_view reason, const position& at, wall_time now)
{
    json::object payload{{"reason", reason}};
    if (at) {
        payload["epoch"] = epoch_text(at.epoch);
        payload["offset"] = at.offset;
    }
    const json::value body(std::move(payload));
    return encode({.type = "gap", .room = room, .payload = &body}, now, {.room = room, .at = at, .gap = true});
}

FANFARE_DECL shared_frame encode_missed(std::string_view room, wall_time now, const position& at)
{
    return encode_gap(room, "link_lost", at, now);
}

FANFARE_DECL shared_frame encode_lost(std::string_view room, const position& at, wall_time now)
{
    return encode_gap(room, "history_lost", at, now);
}

FANFARE_DECL std::string epoch_text(std::uint64_t epoch)
{
    static constexpr char hex[] = "0123456789abcdef";
    std::string text(16, '0');
    for (auto at = text.rbegin(); at != text.rend(); ++at, epoch >>= 4)
        *at = hex[epoch & 15];
    return text;
}

// A position, as it stands before the last brace of an envelope, and the brace.
class position_text {
public:
    explicit position_text(const position& at) noexcept
    {
        static constexpr char hex[] = "0123456789abcdef";
        add(",\"offset\":");
        end_ = std::to_chars(end_, end_ + 20, at.offset).ptr;
        add(",\"epoch\":\"");
        for (int shift = 60; shift >= 0; shift -= 4)
            *end_++ = hex[(at.epoch >> shift) & 15];
        add("\"}");
    }
    position_text(const position_text&) = delete;
    position_text& operator=(const position_text&) = delete;
    std::string_view view() const noexcept { return {text_, static_cast<std::size_t>(end_ - text_)}; }

private:
    void add(std::string_view part) noexcept { end_ = std::copy(part.begin(), part.end(), end_); }
    char text_[80];
    char* end_ = text_;
};

FANFARE_DECL shared_frame encode_stored(std::string_view body, const frame_tags& tags)
{
    const position_text rest{tags.at};
    body.remove_suffix(1);
    return frame::make(ws_opcode::text, body, rest.view(), tags);
}

FANFARE_DECL bool is_stored_as(const frame& made, std::string_view body, std::string_view key,
                               std::uint64_t except) noexcept
{
    const position_text rest{made.at()};
    const auto text = made.payload();
    body.remove_suffix(1);
    return made.except() == except && made.key() == key && text.size() == body.size() + rest.view().size() &&
           text.starts_with(body) && text.ends_with(rest.view());
}

FANFARE_DECL json::object position_fields(const position& at)
{
    return {{"epoch", epoch_text(at.epoch)}, {"offset", at.offset}};
}

FANFARE_DECL std::optional<position> read_position(const json::value& from, std::string& why)
{
    const auto* fields = from.if_object();
    const auto* epoch = fields ? fields->if_contains("epoch") : nullptr;
    const auto* offset = fields ? fields->if_contains("offset") : nullptr;
    const auto* text = epoch ? epoch->if_string() : nullptr;
    position out;
    if (!text || text->size() != 16 ||
        std::from_chars(text->data(), text->data() + 16, out.epoch, 16).ptr != text->data() + 16 ||
        out.epoch == 0) {
        why = "a position's epoch must be a string of 16 hexadecimal digits, not all of them 0";
        return std::nullopt;
    }
    const auto place = offset ? whole_number(*offset, 0, max_offset) : std::nullopt;
    if (!place) {
        why = "a position's offset must be a whole number from 0 to 2^53";
        return std::nullopt;
    }
    out.offset = *place;
    return out;
}

FANFARE_DECL json::object receipt_fields(json::object fields, const receipt& done)
{
    fields["local_receivers"] = done.local_receivers;
    fields["dispatched_to_cluster"] = done.dispatched_to_cluster;
    if (done.nodes)
        fields["nodes"] = *done.nodes;
    if (done.position) {
        fields["epoch"] = epoch_text(done.position.epoch);
        fields["offset"] = done.position.offset;
    }
    if (done.duplicate)
        fields["duplicate"] = true;
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
    auto* object = result.root.if_object();
    if (!object)
        return fail("a message must be a JSON object");
    if (auto* id = object->if_contains("request_id"); id && !id->is_null()) {
        const auto* s = id->if_string();
        if (!(s ? s->size() <= 64 : id->is_number()))
            return fail("request_id must be a number or a string of at most 64 bytes");
        if (id->is_double()) // the answer repeats it
            read_doubles_exactly(*json_member_text(result.text, "request_id"), *id);
        result.request_id = id;
    }
    const auto* type = object->if_contains("type");
    if (!type || !type->is_string() || !is_message_type(type->get_string()))
        return fail("type must be a string of 1 to 64 bytes, of characters that names may have");
    result.type = type->get_string();
    if (const auto* room = object->if_contains("room"); room && !room->is_null()) {
        if (!room->is_string())
            return fail("room must be a string");
        result.room = room->get_string();
    }
    result.payload = object->if_contains("payload");
    if (const auto* trace = object->if_contains("trace"); trace && !trace->is_null())
        result.trace = trace;
    return true;
}

FANFARE_DECL incoming parse_envelope(std::string_view text, std::size_t max_depth, json::storage_ptr storage)
{
    std::string why;
    incoming result{parse_json_roughly(text, max_depth, std::move(storage), why), text};
    if (why.empty()) {
        read_fields(result);
    } else {
        result.failed = error::invalid_json;
        result.why = std::move(why);
    }
    return result;
}

} // namespace fanfare::detail

#endif
