// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PUBLISH_IPP
#define FANFARE_DETAIL_REQUESTS_PUBLISH_IPP

#include <fanfare/detail/base/initiating_call.hpp>
#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/publish.hpp>

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

// A client's keys are its user's: nobody can use up those of others.
inline std::string own_key(session& s, const json::object& from)
{
    const auto key = text_of(from, "idempotency_key");
    return key.empty() ? key : "user:" + s.who()->user_id + ' ' + key;
}

FANFARE_DECL void publish_operation::start(session& s, std::string_view room, const json::object& message,
                                           const json::value* request_id)
{
    if (!s.begin_request())
        return s.send_error(error::too_many_requests, "too many unanswered requests", request_id);
    ask(s, room, room_action::publish,
        [keep = boost::intrusive_ptr<session>{&s}, room = std::string{room}, type = text_of(message, "type"),
         body = own_value(message.if_contains("payload")), key = own_key(s, message),
         id = own_value(request_id)](bool allowed) {
            keep->end_request();
            if (!allowed)
                return keep->send_error(error::forbidden, "not allowed to publish to " + room,
                                        id.is_null() ? nullptr : &id);
            const auto early = std::make_shared<early_receipt>();
            const auto told = [keep, room, id, early](const receipt& done) {
                if (early->take(done))
                    return;
                keep->home().post([keep, room, id, done](shard&) { answer(*keep, room, id, done); });
            };
            const auto taken =
                keep->context().messages.publish(room, nullptr, type, body, {.idempotency_key = key}, told);
            early->call.returned();
            if (!taken || early->fate)
                answer(*keep, room, id, taken ? *early->fate : taken);
        });
}

FANFARE_DECL void publish_operation::answer(session& s, const std::string& room, const json::value& id,
                                            const receipt& done)
{
    const auto* answer_to = id.is_null() ? nullptr : &id;
    if (!done)
        return s.send_error(done.error, done.error.message(), answer_to);
    if (!answer_to)
        return;
    const json::value body(receipt_fields({{"room", room}}, done));
    s.send_message("published", &body, answer_to);
}

} // namespace fanfare::detail

#endif
