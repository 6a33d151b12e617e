// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_EVENT_POSITIONS_IPP
#define FANFARE_DETAIL_WIRE_EVENT_POSITIONS_IPP

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/event_positions.hpp>
#include <fanfare/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace fanfare::detail {

// What can be read from an envelope without parsing it: the writer puts the room right after the type, and the position at
// the end.
struct envelope_ends {
    std::string_view type;
    std::string_view room;
    position at;
};

inline envelope_ends read_ends(std::string_view text)
{
    envelope_ends out;
    static constexpr std::string_view head = "{\"type\":\"", room = "\",\"room\":\"",
                                      place = ",\"offset\":", epoch = ",\"epoch\":\"";
    if (!text.starts_with(head))
        return out;
    auto end = head.size();
    while (end < text.size() && text[end] != '"')
        end += text[end] == '\\' ? 2U : 1U;
    out.type = text.substr(head.size(), end - head.size());
    if (text.substr(std::min(end, text.size()), room.size()) != room)
        return out;
    const auto name = end + room.size(); // room names hold no quote and no backslash
    out.room = text.substr(name, text.find('"', name) - name);
    static constexpr std::size_t tail = epoch.size() + 16 + 2;
    if (text.size() < tail || text.substr(text.size() - tail, epoch.size()) != epoch)
        return out;
    const auto before = text.substr(0, text.size() - tail);
    const auto digits = before.find_last_not_of("0123456789") + 1;
    if (!before.substr(0, digits).ends_with(place))
        return out;
    const auto* hex = text.data() + text.size() - 18;
    std::from_chars(hex, hex + 16, out.at.epoch, 16);
    std::from_chars(before.data() + digits, before.data() + before.size(), out.at.offset);
    if (out.at.offset > max_offset)
        out.at = {};
    return out;
}

inline json::object object_in(const json::object& in, std::string_view name)
{
    const auto* found = in.if_contains(name);
    return found && found->is_object() ? found->get_object() : json::object{};
}

inline std::string_view text_in(const json::object& in, std::string_view name)
{
    const auto* found = in.if_contains(name);
    return found && found->is_string() ? std::string_view{found->get_string()} : std::string_view{};
}

// Whether an answer to `subscribe` refuses the room itself. `too_many_requests` refuses only one more request for it.
inline bool refuses(const json::object& answer, std::string_view room)
{
    const auto* rejected = answer.if_contains("rejected");
    const auto* list = rejected ? rejected->if_array() : nullptr;
    return list && std::any_of(list->begin(), list->end(), [room](const json::value& one) {
               const auto* fields = one.if_object();
               return fields && text_in(*fields, "room") == room &&
                      text_in(*fields, "code") != to_string(error::too_many_requests);
           });
}

inline json::object payload_of(std::string_view envelope)
{
    error_code ec;
    const auto value = json::parse({envelope.data(), envelope.size()}, ec);
    return ec || !value.is_object() ? json::object{} : object_in(value.get_object(), "payload");
}

FANFARE_DECL std::optional<event_positions> event_positions::read(std::string_view id)
{
    event_positions out;
    if (id.size() > max_size)
        return std::nullopt;
    while (!id.empty()) {
        const auto comma = std::min(id.find(','), id.size());
        const auto one = id.substr(0, comma);
        const auto first = one.find(':');
        const auto second = first == 16 ? one.find(':', first + 1) : std::string_view::npos;
        if (second == std::string_view::npos)
            return std::nullopt;
        position at;
        const auto* end = one.data() + second;
        const auto epoch = std::from_chars(one.data(), one.data() + first, at.epoch, 16);
        const auto offset = std::from_chars(one.data() + first + 1, end, at.offset);
        const auto room = one.substr(second + 1);
        if (epoch.ec != std::errc{} || epoch.ptr != one.data() + first || offset.ec != std::errc{} ||
            offset.ptr != end || !at || at.offset > max_offset || !was_room_name(room, max_size))
            return std::nullopt;
        out.rooms_[std::string{room}] = {at, true, false, {}};
        id.remove_prefix(std::min(comma + 1, id.size()));
    }
    return out;
}

FANFARE_DECL json::object event_positions::subscription(const std::vector<std::string>& rooms, std::uint64_t last,
                                                        const std::function<bool(std::string_view)>& is_own)
{
    std::erase_if(rooms_, [&](const auto& one) {
        return !is_own(one.first) && std::find(rooms.begin(), rooms.end(), one.first) == rooms.end();
    });
    for (const auto& room : rooms)
        rooms_.try_emplace(room, progress{.replayed = last});
    json::array all;
    json::object since;
    json::object newest;
    for (const auto& [room, p] : rooms_) {
        if (is_own(room) && !p.recovering)
            continue; // a member already, with nothing to recover
        all.emplace_back(room);
        if (p.at)
            since[room] = position_fields(p.at);
        else if (last != 0)
            newest[room] = last;
    }
    json::object payload{{"rooms", std::move(all)}};
    if (!since.empty())
        payload["since"] = std::move(since);
    if (!newest.empty())
        payload["last"] = std::move(newest);
    return payload;
}

FANFARE_DECL bool event_positions::advance(progress& p, const position& to)
{
    if (!to || (p.at.epoch == to.epoch && p.at.offset >= to.offset))
        return false;
    if (p.at.epoch != to.epoch)
        p.ahead.clear();
    p.at = to;
    advance_over_ahead(p);
    return true;
}

FANFARE_DECL bool event_positions::advance_over_ahead(progress& p)
{
    const auto before = p.at.offset;
    while (p.ahead.erase(p.at.offset + 1) != 0)
        ++p.at.offset;
    p.ahead.erase(p.ahead.begin(), p.ahead.upper_bound(p.at.offset));
    return p.at.offset != before;
}

FANFARE_DECL bool event_positions::follow(std::string_view envelope)
{
    const auto ends = read_ends(envelope);
    if (ends.room.empty() && ends.type == "refreshed")
        return follow_refreshed(envelope);
    if (ends.room.empty())
        return (ends.type == "connected" || ends.type == "subscribed") && follow_answer(ends.type, envelope);
    const auto found = rooms_.find(ends.room);
    if (found == rooms_.end())
        return false;
    auto& p = found->second;
    if (ends.type == "gap" && !ends.at && !p.recovering) {
        std::string why;
        const auto payload = payload_of(envelope);
        const auto at = read_position(json::value(payload), why);
        return at && advance(p, *at);
    }
    if (!ends.at)
        return false;
    if (!p.recovering)
        return advance(p, ends.at);
    if (ends.at.epoch == p.at.epoch && p.ahead.size() < 1024)
        p.ahead.insert(ends.at.offset);
    return false;
}

// `connected` names the rooms that came with the identity, `subscribed` says how each room goes on. A `subscribed` may also
// answer a request that the client has posted meanwhile: one that says nothing of a room's recovery does not end it, and
// a position that is known moves with messages only.
FANFARE_DECL bool event_positions::follow_answer(std::string_view type, std::string_view envelope)
{
    const auto payload = payload_of(envelope);
    const auto positions = object_in(payload, "positions");
    const auto recovered = object_in(payload, "recovered");
    if (type == "connected")
        for (const auto& one : positions)
            if (was_room_name(one.key(), max_size))
                rooms_.try_emplace(std::string{one.key()});
    bool changed = false;
    for (auto& [room, p] : rooms_) {
        const auto recovery = object_in(recovered, room);
        if (p.recovering && recovery.empty() && !refuses(payload, room))
            continue;
        p.recovering = false;
        if (const auto* whole = recovery.if_contains("recovered"); whole && *whole == true) {
            changed = advance_over_ahead(p) || changed; // the missed messages follow
            continue;
        }
        const auto* named = positions.if_contains(room);
        if (!recovery.empty() && named) {
            p = {};
            changed = true;
        }
        named = p.at ? nullptr : named;
        std::string why;
        auto at = named ? read_position(*named, why) : std::nullopt;
        if (!at)
            continue;
        at->offset -= std::min(at->offset, p.replayed); // so many messages follow
        changed = advance(p, *at) || changed;
    }
    return changed;
}

// Rooms that another identity grants are followed from where they are joined, as those of the first one; those that it does
// not grant are not asked for again.
FANFARE_DECL bool event_positions::follow_refreshed(std::string_view envelope)
{
    const auto payload = payload_of(envelope);
    const auto* left = payload.if_contains("left");
    bool changed = false;
    if (const auto* names = left ? left->if_array() : nullptr)
        for (const auto& name : *names)
            if (const auto* text = name.if_string())
                changed = rooms_.erase(std::string{std::string_view{*text}}) != 0 || changed;
    for (const auto& one : object_in(payload, "positions")) {
        std::string why;
        const auto at = read_position(one.value(), why);
        if (!at || !was_room_name(one.key(), max_size))
            continue;
        rooms_[std::string{one.key()}] = {.at = *at};
        changed = true;
    }
    return changed;
}

FANFARE_DECL std::string event_positions::text() const
{
    std::string out;
    for (const auto& [room, p] : rooms_) {
        if (!p.at)
            continue;
        auto one = epoch_text(p.at.epoch) + ':' + std::to_string(p.at.offset) + ':' + room;
        if (out.size() + 1 + one.size() <= max_size)
            out += (out.empty() ? "" : ",") + one;
    }
    return out;
}

} // namespace fanfare::detail

#endif
