// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PUBLISH_IPP
#define FANFARE_DETAIL_REQUESTS_PUBLISH_IPP

#include <fanfare/detail/base/initiating_call.hpp>
#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/publish.hpp>
#include <fanfare/detail/wire/protocol_types.hpp>
#include <fanfare/detail/wire/traceparent.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace fanfare::detail {

// What the bus tells before `publish` returns is answered right after it, in order; the rest comes from any thread.
struct early_receipt {
    initiating_call call;
    std::optional<receipt> fate;

    bool take(const receipt& done)
    {
        if (!call.is_inside())
            return false;
        fate = done;
        return true;
    }
};

inline std::string text_of(const json::object& from, std::string_view name)
{
    const auto* field = from.if_contains(name);
    return field ? std::string{std::string_view{field->get_string()}} : std::string{};
}

// In bytes. With the user's name before it, it is still a key.
inline constexpr std::size_t max_client_key_size = 64;

// A client's keys are its user's: nobody can use up those of others.
inline std::string own_key(session& s, const json::object& from)
{
    const auto key = text_of(from, "idempotency_key");
    return key.empty() ? key : "user:" + s.who()->user_id + ' ' + key;
}

// What the client publishes, as it is written in its message.
inline std::string payload_of_publish(std::string_view message)
{
    const auto body = json_member_text(message, "payload");
    return std::string{json_member_text(body.value_or(""), "payload").value_or("null")};
}

// What tells a client how it stands with the server: no other client may say it.
inline bool is_servers_own(std::string_view type, const room_options& rules) noexcept
{
    return is_answer_type(type) || (rules.presence && (type == "join" || type == "leave"));
}

inline bool is_trace(const json::value& field) noexcept
{
    return field.is_string() && is_traceparent(field.get_string());
}

// Why a client's publish is refused, in words; no error if it is not.
inline error publish_refusal(const session& s, const incoming& message, std::string& why)
{
    const auto wrong = [&why](std::string_view text, error code = error::invalid_message) {
        why = text;
        return code;
    };
    const auto* body = message.payload ? message.payload->if_object() : nullptr;
    const auto* named = body ? body->if_contains("type") : nullptr;
    const auto* type = named ? named->if_string() : nullptr;
    if (message.room.empty() || !type)
        return wrong("publish needs a room, and a payload {type, payload}");
    if (!is_message_type(*type))
        return wrong("payload.type must be a string of 1 to 64 bytes, of characters that names may have");
    if (is_servers_own(*type, {}))
        return wrong("only the server sends messages of this type");
    error_code ec;
    const auto rules = s.context().rules.rules_for(message.room, ec);
    if (!rules) {
        why = ec.message();
        return static_cast<error>(ec.value());
    }
    if (is_servers_own(*type, *rules))
        return wrong("only the server sends messages of this type");
    if (!rules->client_publish)
        return wrong("clients may not publish to this room", error::forbidden);
    if (const auto* key = body->if_contains("idempotency_key");
        key && !(key->is_string() && is_key(key->get_string(), max_client_key_size)))
        return wrong("idempotency_key must be a string of 1 to 64 bytes, of characters that names may have");
    if (message.trace && !is_trace(*message.trace))
        return wrong(trace_refusal);
    return {};
}

FANFARE_DECL void publish_operation::start(session& s, const incoming& message)
{
    std::string why;
    if (const auto refused = publish_refusal(s, message, why); refused != error{})
        return s.refuse(refused, why, message.request_id);
    const auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    const auto& body = message.payload->get_object();
    client_message what{.room = std::string{message.room},
                        .type = text_of(body, "type"),
                        .payload = payload_of_publish(message.text),
                        .key = own_key(s, body),
                        .trace = message.trace ? std::string{std::string_view{message.trace->get_string()}} : ""};
    authorize(s, message.room, room_action::publish, [request, what = std::move(what)](error refused) {
        if (refused == error::forbidden)
            return request->fail(refused, "not allowed to publish to " + what.room);
        if (refused != error{})
            return request->fail(refused, "it was not decided in time whether this is allowed: not sent");
        request->release_place(); // the bus has limits of its own for what waits
        publish(request, what);
    });
}

FANFARE_DECL void publish_operation::publish(const client_request_ptr& request, const client_message& what)
{
    const auto early = std::make_shared<early_receipt>();
    const auto told = [request, room = what.room, early](const receipt& done) {
        if (!early->take(done))
            request->post([request, room, done] { answer(*request, room, done); });
    };
    const auto taken =
        request->context().messages.publish(what.room, nullptr, what.type, payload_ref::parsed(what.payload),
                                            {.idempotency_key = what.key, .trace = what.trace}, told);
    early->call.returned();
    if (!taken || early->fate)
        answer(*request, what.room, taken ? *early->fate : taken);
}

FANFARE_DECL void publish_operation::answer(client_request& request, const std::string& room, const receipt& done)
{
    if (!done)
        return request.fail(done.error, done.error.message());
    if (!request.id()) // who gives none wants no answer
        return request.complete();
    request.reply("published", json::value(receipt_fields({{"room", room}}, done)));
}

} // namespace fanfare::detail

#endif
