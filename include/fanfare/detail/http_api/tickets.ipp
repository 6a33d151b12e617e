// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_TICKETS_IPP
#define FANFARE_DETAIL_HTTP_API_TICKETS_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/http_api/tickets.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/wire/names.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/identity.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace fanfare::detail {

// The identity that a ticket is for. If the request names none that is valid, that is answered.
inline std::optional<identity> ticket_holder(const api_call& c, const json::object& body)
{
    const auto user = c.text(body, "user_id");
    if (!user)
        return std::nullopt;
    error_code ec;
    if (!c.hub.rules.rules_for("user:" + *user, ec))
        return c.fail(error::invalid_user), std::nullopt;
    identity who;
    who.user_id = *user;
    if (const auto* claims = body.if_contains("claims")) {
        if (!claims->is_object())
            return c.fail(400, error::invalid_message, "claims must be an object"), std::nullopt;
        who.claims = claims->get_object();
    }
    const auto* rooms = body.if_contains("rooms");
    if (!rooms)
        return who;
    const auto* list = rooms->if_array();
    if (!list)
        return c.fail(400, error::invalid_message, "rooms must be an array of room names"), std::nullopt;
    if (const auto most = c.hub.options().max_rooms; list->size() > most)
        return c.fail(400, error::invalid_message, "rooms must name at most " + std::to_string(most)),
               std::nullopt;
    for (const auto& room : *list) {
        if (!room.is_string() || !c.hub.rules.rules_for(room.get_string(), ec))
            return c.fail(400, error::invalid_room, "rooms must be an array of room names"), std::nullopt;
        if (is_room_of_another(room.get_string(), *user))
            return c.fail(400, error::invalid_room, "rooms must not name another user's own room"), std::nullopt;
        who.rooms.emplace_back(std::string_view{room.get_string()});
    }
    return who;
}

FANFARE_DECL void post_ticket(const api_call& c)
{
    if (!c.options.issue_ticket)
        return c.fail(404, error::ticket_invalid, "this server issues no tickets");
    if (c.hub.life.ended()) // its store may share a client with the hub's, which was told to rest
        return c.fail(error::shutting_down);
    const auto body = c.body(c.hub.options().max_json_depth);
    if (!body)
        return;
    auto who = ticket_holder(c, *body);
    if (!who)
        return;
    auto lifetime = c.options.ticket_lifetime;
    if (body->contains("expires_in")) {
        const auto wanted = int_field(*body, "expires_in");
        if (!wanted)
            return c.fail(400, error::invalid_message, "expires_in must be a whole number of seconds");
        lifetime = std::chrono::seconds{*wanted};
    }
    // An empty origin would not bind the ticket to any page, which the caller cannot have meant.
    const bool bound = body->if_contains("origin") != nullptr;
    auto origin = bound ? c.text(*body, "origin") : std::string{};
    if (!origin)
        return;
    // The request may be gone when the store completes: the handler keeps copies only.
    c.options.issue_ticket(std::move(*who), lifetime, std::move(*origin),
                           [reply = api_reply{c}, lifetime](error_code failed, std::string ticket) {
                               if (failed)
                                   return reply.fail(failed);
                               reply.answer(200, {{"ticket", ticket}, {"expires_in", lifetime.count()}});
                           });
}

} // namespace fanfare::detail

#endif
