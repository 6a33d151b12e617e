// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_JSON_PROTOCOL_IPP
#define FANFARE_DETAIL_PROTOCOL_JSON_PROTOCOL_IPP

#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/protocol/json_protocol.hpp>
#include <fanfare/detail/requests/application.hpp>
#include <fanfare/detail/requests/history.hpp>
#include <fanfare/detail/requests/inbox.hpp>
#include <fanfare/detail/requests/presence.hpp>
#include <fanfare/detail/requests/publish.hpp>
#include <fanfare/detail/requests/refresh.hpp>
#include <fanfare/detail/requests/subscribe.hpp>
#include <fanfare/detail/requests/unsubscribe.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/request_timer.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace fanfare::detail::json_language {

// ---- the greeting

// Where its own rooms are, so that the client can return even if nothing comes before it goes.
inline json::object positions_of(const memberships& rooms)
{
    json::object positions;
    for (const auto& one : rooms)
        if (one.begin)
            positions[one.room->name] = position_fields(one.begin);
    return positions;
}

// The unread notifications of a user who has just connected.
inline void send_badge(session& s)
{
    auto& inbox = s.context().inbox;
    if (!inbox.in_use() || s.who()->anonymous())
        return;
    inbox.counts(s.who()->user_id,
                 [keep = boost::intrusive_ptr<session>{&s}](error_code ec, const inbox_counts& now) {
                     keep->home().post([keep, ec, now](shard&) {
                         if (!keep->open())
                             return;
                         if (ec)
                             return keep->send_error(error::store_failed, "the inbox cannot be read now");
                         const json::value payload(inbox_count_fields({}, now));
                         keep->send_message("badge", &payload);
                     });
                 });
}

FANFARE_DECL void greet(session& s)
{
    const auto& context = s.context();
    std::string now;
    append_timestamp(now, wall_now());
    json::value payload{{"connection_id", context.node.id_of(s.number())},
                        {"user_id", s.who()->user_id},
                        {"server_time", now},
                        {"ping_interval_ms", context.options.ping_interval.count()},
                        {"resumable", context.resumable.enabled()}};
    auto& fields = payload.get_object();
    if (context.resumable.enabled())
        fields["resume_token"] = s.make_resume_token();
    if (auto positions = positions_of(s.rooms()); !positions.empty())
        fields["positions"] = std::move(positions);
    s.add_to_greeting(fields);
    s.send_message("connected", &payload);
    if (s.open())
        send_badge(s);
}

// ---- the client's messages

inline void dispatch(session& s, const incoming& message)
{
    const auto type = request_type_of(message.type);
    const request_timer timer{s.home(), type};
    switch (type) {
    case request_type::ping: return s.send_message("pong", nullptr, message.request_id);
    case request_type::subscribe: return subscribe_operation::start(s, message);
    case request_type::unsubscribe: return start_unsubscribe(s, message);
    case request_type::publish: return publish_operation::start(s, message);
    case request_type::presence: return presence_operation::start(s, message);
    case request_type::inbox:
    case request_type::mark:
    case request_type::ack: return inbox_operation::start(s, message);
    case request_type::history: return history_operation::start(s, message);
    case request_type::refresh: return refresh_operation::start(s, message);
    case request_type::application: return start_application_request(s, message);
    }
}

FANFARE_DECL void on_message(session& s, std::string_view data, bool binary)
{
    if (binary) {
        s.home().count().bad_messages.add();
        return s.close(close_code::unsupported_data, "binary messages are not part of this protocol");
    }
    unsigned char first[4096];
    json::monotonic_resource memory{first, sizeof first};
    const auto message = parse_envelope(data, s.context().options.max_json_depth, &memory);
    if (message.failed)
        return s.refuse(static_cast<error>(message.failed.value()), message.why, message.request_id);
    dispatch(s, message);
}

// One bad message is answered; a flood of them ends the connection.
FANFARE_DECL void refuse(session& s, error code, std::string_view message, const json::value* request_id)
{
    const bool too_fast = code == error::rate_limited;
    if (!too_fast)
        s.home().count().bad_messages.add();
    if (s.add_violation())
        return s.close(too_fast ? close_code::rate_limited : close_code::bad_messages);
    s.send_error(code, message, request_id);
}

// ---- messages to the client

FANFARE_DECL shared_frame encode(std::string_view type, const json::value* payload, const json::value* request_id)
{
    return detail::encode({.type = type, .payload = payload, .request_id = request_id}, wall_now());
}

FANFARE_DECL shared_frame encode_failure(const error_code& code, std::string_view message,
                                         const json::value* request_id)
{
    return encode_error(code, message, request_id, wall_now());
}

} // namespace fanfare::detail::json_language

#endif
