// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_SUBSCRIBE_REQUEST_IPP
#define FANFARE_DETAIL_REQUESTS_SUBSCRIBE_REQUEST_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/requests/room_list.hpp>
#include <fanfare/detail/requests/subscribe_request.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <string>

namespace fanfare::detail {

FANFARE_DECL std::string subscribe_request::read(const json::object& payload)
{
    if (const auto* token = payload.if_contains("resume")) {
        if (!token->is_string() || token->get_string().empty())
            return "payload.resume must be a token";
        resume = std::string_view{token->get_string()};
    }
    const auto* list = room_list(payload);
    if (!list && (resume.empty() || payload.contains("rooms")))
        return std::string{wrong_room_list};
    if (list)
        for (const auto& room : *list)
            add(room.get_string());
    auto wrong = read_since(payload.if_contains("since"));
    if (wrong.empty())
        wrong = read_last(payload.if_contains("last"));
    return wrong.empty() ? read_tokens(payload.if_contains("tokens")) : wrong;
}

FANFARE_DECL requested_room* subscribe_request::find(std::string_view room)
{
    const auto at = by_name_.find(room);
    return at == by_name_.end() ? nullptr : at->second;
}

FANFARE_DECL requested_room& subscribe_request::add(std::string_view room)
{
    if (auto* known = find(room))
        return *known;
    auto& one = rooms.emplace_back();
    one.room = room;
    by_name_.emplace(one.room, &one);
    return one;
}

// `since: {room: {epoch, offset}}`. A room that is not asked for would be forgotten in silence: an error.
FANFARE_DECL std::string subscribe_request::read_since(const json::value* named)
{
    if (!named)
        return {};
    const auto* positions = named->if_object();
    if (!positions)
        return "payload.since must be an object of positions by room";
    for (const auto& one : *positions) {
        const std::string_view room = one.key();
        std::string why;
        const auto at = read_position(one.value(), why);
        if (!at)
            return "payload.since: " + std::string{room} + ": " + why;
        if (auto* asked = find(room))
            asked->since = at;
        else if (resume.empty())
            return "payload.since names " + std::string{room} + ", which payload.rooms does not";
        else
            since.emplace_back(room, *at);
    }
    return {};
}

// `last: N` for all rooms that have no `since`, or `last: {room: N}`.
FANFARE_DECL std::string subscribe_request::read_last(const json::value* last)
{
    const auto count = [](const json::value& v) { return whole_number(v, 1, UINT64_MAX); };
    if (!last)
        return {};
    const std::string wrong = "payload.last must be a number above zero, or an object of such numbers by room";
    if (const auto* by_room = last->if_object()) {
        for (const auto& one : *by_room) {
            auto* asked = find(one.key());
            const auto n = count(one.value());
            if (!asked)
                return "payload.last names " + std::string{one.key()} + ", which payload.rooms does not";
            if (!n)
                return wrong;
            asked->last = *n;
        }
        return {};
    }
    const auto n = count(*last);
    if (!n)
        return wrong;
    last_for_all = *n;
    return {};
}

// `tokens: {room: token}`. What is wrong never repeats a token: it is a secret.
FANFARE_DECL std::string subscribe_request::read_tokens(const json::value* named)
{
    if (!named)
        return {};
    const auto* by_room = named->if_object();
    if (!by_room)
        return "payload.tokens must be an object of tokens by room";
    for (const auto& one : *by_room) {
        const std::string_view room = one.key();
        const auto* token = one.value().if_string();
        if (!token || token->empty() || token->size() > max_subscription_token)
            return "payload.tokens: " + std::string{room} + ": a token must be a string of 1 to " +
                   std::to_string(max_subscription_token) + " bytes";
        if (auto* asked = find(room))
            asked->token = std::string_view{*token};
        else if (resume.empty())
            return "payload.tokens names " + std::string{room} + ", which payload.rooms does not";
        else
            tokens.emplace_back(room, std::string_view{*token});
    }
    return {};
}

} // namespace fanfare::detail

#endif
