// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_MESSAGES_IPP
#define FANFARE_DETAIL_HTTP_API_MESSAGES_IPP

#include <fanfare/detail/http_api/messages.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/traceparent.hpp>
#include <fanfare/message.hpp>

#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

// The trace of a request: of its body, where a bad one is an error; else of its header `traceparent`, where a bad one, or
// more than one, is ignored, as W3C Trace Context wants it. Empty: there is none. Nothing: an error was answered.
inline std::optional<std::string> trace_of(const api_call& c, const json::object& body)
{
    if (const auto* field = body.if_contains("trace")) {
        const auto* text = field->if_string();
        if (text && is_traceparent(*text))
            return std::string{std::string_view{*text}};
        return c.fail(400, error::invalid_message, trace_refusal), std::nullopt;
    }
    const auto [first, last] = c.request.equal_range("traceparent");
    const bool once = first != last && std::next(first) == last;
    return once && is_traceparent(first->value()) ? std::string{first->value()} : std::string{};
}

FANFARE_DECL void post_publish(const api_call& c)
{
    const auto body = c.body(c.hub.options().max_json_depth);
    if (!body)
        return;
    const auto room = c.text(*body, "room");
    const auto type = room ? c.text(*body, "type") : std::nullopt;
    if (!type)
        return;
    const auto payload = json_member_text(c.request.body(), "payload").value_or("null");
    const auto key = c.maybe_key(*body, "key", max_key_size);
    const auto once = key ? c.maybe_key(*body, "idempotency_key", max_idempotency_key_size) : std::nullopt;
    const auto trace = once ? trace_of(c, *body) : std::nullopt;
    if (!trace)
        return;
    const publish_options options{.key = *key, .idempotency_key = *once, .trace = *trace};
    const auto finish = [reply = api_reply{c}, room = *room](const receipt& done) {
        if (!done)
            return reply.fail(done.error);
        reply.answer(200, receipt_fields({{"room", room}}, done));
    };
    if (const auto accepted =
            c.hub.messages.publish(*room, nullptr, *type, payload_ref::parsed(payload), options, finish);
        !accepted)
        finish(accepted);
}

// The response to a notify. A stored notification is a success even if sending it failed: it is in the inbox, and `problem`
// says what failed.
inline json::object notify_fields(const std::string& user, const receipt& done)
{
    const auto* status = done.local_receivers != 0 && !done.error    ? "delivered_locally"
                         : done.dispatched_to_cluster && !done.error ? "dispatched_to_cluster"
                         : done.stored                               ? "stored"
                                                                     : "no_receiver";
    auto fields = receipt_fields({{"user_id", user}, {"status", status}}, done);
    if (!done.id.empty())
        fields["id"] = done.id;
    if (done.duplicate)
        fields["duplicate"] = true;
    if (done.error)
        fields["problem"] = to_string(own_error(done.error));
    return fields;
}

FANFARE_DECL void post_notify(const api_call& c)
{
    const auto body = c.body(c.hub.options().max_json_depth);
    if (!body)
        return;
    const auto user = c.text(*body, "user_id");
    auto title = user ? c.text(*body, "title") : std::nullopt;
    auto message = title ? c.text(*body, "message") : std::nullopt;
    if (!message)
        return;
    const auto data = json_member_text(c.request.body(), "data").value_or("null");
    const auto key = c.maybe_key(*body, "idempotency_key", max_notification_key_size);
    auto trace = key ? trace_of(c, *body) : std::nullopt;
    if (!trace)
        return;
    c.hub.inbox.notify(*user,
                       {.title = std::move(*title),
                        .message = std::move(*message),
                        .idempotency_key = *key,
                        .data_text = std::string{data},
                        .trace = std::move(*trace)},
                       [reply = api_reply{c}, user = *user](const receipt& done) {
                           if (!done && !done.stored)
                               return reply.fail_inbox(done.error);
                           reply.answer(200, notify_fields(user, done));
                       });
}

} // namespace fanfare::detail

#endif
