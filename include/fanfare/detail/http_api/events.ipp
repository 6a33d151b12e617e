// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_EVENTS_IPP
#define FANFARE_DETAIL_HTTP_API_EVENTS_IPP

#include <fanfare/detail/http_api/events.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace fanfare::detail {

FANFARE_DECL void post_event_message(const api_call& c)
{
    const auto body = c.body(c.hub.options().max_json_depth + 1);
    const auto session = body ? c.text(*body, "session") : std::nullopt;
    if (!session)
        return;
    const auto* message = body->if_contains("message");
    if (!message || !message->is_object())
        return c.fail(400, error::invalid_message, "message must be an envelope");
    const std::string text{*json_member_text(c.request.body(), "message")};
    if (text.size() > c.hub.options().max_message_size)
        return c.fail(error::message_too_large);
    // The answer is given when the last copy of `delivered` is destroyed: by the session's shard after it has handled the
    // message, or without it if there is no such session.
    const auto delivered = std::shared_ptr<bool>{
        new bool{false}, [reply = api_reply{c}](const bool* yes) {
            *yes ? reply.send(http_response{http::status::accepted, reply.version})
                 : reply.fail(404, error::not_found, "no such session on this server: connect again");
            delete yes;
        }};
    const auto number =
        session->size() > 32 ? c.hub.node.number_of(std::string_view{*session}.substr(0, 32)) : std::nullopt;
    if (number)
        c.hub.sessions.with_session(*number, [delivered, secret = session->substr(32), text](detail::session& s) {
            *delivered = s.open() && s.is_secret(secret);
            if (*delivered)
                s.on_message(text);
        });
}

} // namespace fanfare::detail

#endif
