// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_SESSION_PROTOCOL_IPP
#define FANFARE_DETAIL_PROTOCOL_SESSION_PROTOCOL_IPP

#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/requests/history.hpp>
#include <fanfare/detail/requests/inbox.hpp>
#include <fanfare/detail/requests/presence.hpp>
#include <fanfare/detail/requests/publish.hpp>
#include <fanfare/detail/requests/subscribe.hpp>
#include <fanfare/detail/session/session.hpp>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

inline std::uint32_t steady_milliseconds() noexcept
{
    using namespace std::chrono;
    return static_cast<std::uint32_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

// The rooms that come with the identity.
FANFARE_DECL std::vector<room_ptr> session::own_rooms()
{
    std::vector<room_ptr> own;
    const auto add = [&](const std::string& name) {
        error_code ec;
        if (const auto rules = hub_->rules_for(name, ec))
            own.push_back(hub_->rooms().obtain(name, rules));
    };
    if (!who_->anonymous())
        add("user:" + who_->user_id);
    for (const auto& name : who_->rooms)
        add(name);
    return own;
}

FANFARE_DECL void session::greet(const std::vector<room_ptr>& own)
{
    greeted_ = true;
    // Joined before it is told, or what is published once the client knows could miss it.
    for (const auto& room : own)
        if (take_expected(*room))
            join(room, true);
    if (!hub_->handlers.raw) {
        std::string now;
        append_timestamp(now, wall_now());
        json::value payload{{"connection_id", hub_->id_of(number_)},
                            {"user_id", who_->user_id},
                            {"server_time", now},
                            {"ping_interval_ms", hub_->options().ping_interval.count()},
                            {"resumable", hub_->resumable.enabled()}};
        add_resumption(payload.get_object());
        add_to_greeting(payload.get_object());
        send_message("connected", &payload);
        if (phase_ == phase::open)
            hub_->inbox.greet(*this);
    }
    if (phase_ != phase::open)
        return;
    announced_ = true;
    if (hub_->handlers.on_connect)
        try {
            hub_->handlers.on_connect(ref());
        } catch (...) {
            handler_failed(std::current_exception());
            close(close_code::internal_error, "the connect handler failed");
        }
    on_greeted();
}

// ---- bytes in

FANFARE_DECL bool session::wants_read() noexcept
{
    if (phase_ == phase::closing)
        return true;
    // A peer that sends but does not take its answers is held back by TCP.
    return phase_ == phase::open && !(blocked_ && outbox_ && outbox_->bytes() > hub_->options().outbox_bytes / 2);
}

// What is sent meanwhile goes out in one write.
template <class F>
void session::corked(F work)
{
    const boost::intrusive_ptr<session> keep{this};
    heard();
    corked_ = true;
    home_.set_indirect(slot(), true);
    work();
    corked_ = false;
    if (phase_ == phase::ended || blocked_)
        return;
    if (outbox_)
        flush();
    else
        all_sent();
    pump();
}

FANFARE_DECL void session::on_bytes(std::span<char> bytes)
{
    corked([&] {
        while (phase_ != phase::ended) {
            const auto event = decoder_.next(bytes, home_.inflate.get());
            if (event.what == ws_event::kind::need_more)
                break;
            on_event(event);
        }
    });
}

FANFARE_DECL void session::on_text(std::string_view text)
{
    if (phase_ != phase::open || !greeted_)
        return;
    corked([&] {
        if (within_rate())
            on_message({.what = ws_event::kind::message, .opcode = ws_opcode::text, .data = text, .reason = {}});
    });
}

FANFARE_DECL void session::on_read_failed()
{
    if (phase_ == phase::open)
        reason_ = close_code::abnormal;
    end();
}

FANFARE_DECL void session::on_event(const ws_event& event)
{
    using kind = ws_event::kind;
    if (event.what == kind::close)
        return on_peer_close(event);
    if (phase_ != phase::open)
        return; // the closing handshake has begun: data is discarded
    if (event.what == kind::error) {
        home_.count().protocol_errors.add();
        return close(event.code, event.reason);
    }
    if (!within_rate())
        return;
    if (event.what == kind::message)
        on_message(event);
    else if (event.what == kind::ping)
        box().push_pong(event.data);
}

FANFARE_DECL void session::on_peer_close(const ws_event& event)
{
    if (phase_ == phase::open)
        return close(event.code, event.reason, hub_->options().close_timeout);
    if (write_shut_)
        end(); // both close frames have passed
}

FANFARE_DECL bool session::within_rate()
{
    const auto& o = hub_->options();
    if (rate_.take(steady_milliseconds(), o.message_rate, o.message_burst))
        return true;
    home_.count().rate_limited.add();
    if (!hub_->handlers.raw)
        offend(error::rate_limited, "more messages than allowed", nullptr);
    else
        close(close_code::rate_limited);
    return false;
}

// One bad message is answered; a flood of them ends the connection.
FANFARE_DECL void session::offend(error code, std::string_view message, const json::value* request_id)
{
    const auto now = steady_milliseconds();
    const auto forgiven = std::min<std::uint32_t>((now - last_offence_) / 1000, offences_);
    offences_ = static_cast<std::uint16_t>(offences_ - forgiven + 1);
    last_offence_ = now;
    if (code != error::rate_limited)
        home_.count().bad_messages.add();
    if (offences_ > hub_->options().max_violations)
        return close(code == error::rate_limited ? close_code::rate_limited : close_code::bad_messages);
    send_error(code, message, request_id);
}

// ---- the message language

FANFARE_DECL void session::on_message(const ws_event& event)
{
    home_.count().received.add();
    const std::string_view text{event.data.data(), event.data.size()};
    if (hub_->handlers.raw) {
        raw_connection handle{*this};
        try {
            hub_->handlers.raw(handle, text, event.opcode == ws_opcode::binary);
        } catch (...) {
            handler_failed(std::current_exception());
            close(close_code::internal_error, "the handler failed");
        }
        return;
    }
    if (event.opcode == ws_opcode::binary) {
        home_.count().bad_messages.add();
        return close(close_code::unsupported_data, "binary messages are not part of this protocol");
    }
    unsigned char first[4096];
    json::monotonic_resource memory{first, sizeof first};
    const auto message = parse_envelope(text, hub_->options().max_json_depth, &memory);
    if (message.failed)
        return offend(static_cast<error>(message.failed.value()), message.why, message.request_id);
    on_envelope(message);
}

FANFARE_DECL void session::on_envelope(const incoming& message)
{
    if (message.type == "ping")
        return send_message("pong", nullptr, message.request_id);
    if (message.type == "subscribe")
        return on_subscribe(message);
    if (message.type == "unsubscribe")
        return on_unsubscribe(message);
    if (message.type == "publish")
        return on_publish(message);
    if (message.type == "presence")
        return on_presence(message);
    if (message.type == "inbox" || message.type == "mark" || message.type == "ack")
        return inbox_operation::start(*this, message);
    if (message.type == "history")
        return history_operation::start(*this, message);
    const auto handler = hub_->handlers.messages.find(message.type);
    if (handler == hub_->handlers.messages.end())
        return offend(error::unknown_type, "unknown message type: " + std::string{message.type},
                      message.request_id);
    if (!begin_request())
        return offend(error::too_many_requests, "too many unanswered requests", message.request_id);
    // The handler may keep the request: it gets values of its own.
    request asked{ref(), std::string{message.type}, std::string{message.room}, own_value(message.payload),
                  own_value(message.request_id)};
    try {
        handler->second(std::move(asked));
    } catch (...) {
        handler_failed(std::current_exception()); // the request has answered by its destructor
    }
}

// The rooms that a message names: `payload.rooms`, an array of strings. Null, and answered, if it has none.
FANFARE_DECL const json::array* session::rooms_in(const incoming& message)
{
    const auto* payload = message.payload ? message.payload->if_object() : nullptr;
    const auto* rooms = payload ? payload->if_contains("rooms") : nullptr;
    const auto* list = rooms ? rooms->if_array() : nullptr;
    if (list && std::all_of(list->begin(), list->end(), [](const json::value& v) { return v.is_string(); }))
        return list;
    offend(error::invalid_message, "payload.rooms must be an array of strings", message.request_id);
    return nullptr;
}

FANFARE_DECL void session::on_subscribe(const incoming& message)
{
    const auto* payload = message.payload ? message.payload->if_object() : nullptr;
    if (!payload)
        return offend(error::invalid_message, "subscribe needs a payload with rooms", message.request_id);
    if (!begin_request())
        return offend(error::too_many_requests, "too many unanswered requests", message.request_id);
    subscribe_operation::start(*this, *payload, message.request_id);
}

FANFARE_DECL void session::on_unsubscribe(const incoming& message)
{
    const auto* rooms = rooms_in(message);
    if (!rooms)
        return;
    json::array left;
    for (const auto& room : *rooms) {
        const std::string_view name = room.get_string();
        if (leave(name))
            left.emplace_back(name);
    }
    json::array remaining;
    for (const auto& m : rooms_)
        remaining.emplace_back(m.room->name);
    const json::value payload{{"rooms", std::move(remaining)}, {"left", std::move(left)}};
    send_message("unsubscribed", &payload, message.request_id);
}

FANFARE_DECL void session::on_presence(const incoming& message)
{
    const auto* body = message.payload ? message.payload->if_object() : nullptr;
    const auto* named = body ? body->if_contains("room") : nullptr;
    const auto* limit = body ? body->if_contains("limit") : nullptr;
    const auto* most = limit ? limit->if_int64() : nullptr;
    if ((named && !named->is_string()) || (!named && message.room.empty()) || (limit && (!most || *most < 1)))
        return offend(error::invalid_message, "presence needs a room; its limit must be a number above zero",
                      message.request_id);
    const auto room = named ? std::string_view{named->get_string()} : message.room;
    if (const auto ec = presence_refused(*hub_, room))
        return offend(static_cast<error>(ec.value()), ec.message(), message.request_id);
    presence_operation::start(*this, room, most ? static_cast<std::size_t>(*most) : presence_default_limit,
                              message.request_id);
}

// What tells a client how it stands with the server: no other client may say it.
inline bool is_servers_own(std::string_view type) noexcept
{
    for (const std::string_view own :
         {"connected", "subscribed", "unsubscribed", "published", "pong", "error", "gap"})
        if (type == own)
            return true;
    return false;
}

FANFARE_DECL void session::on_publish(const incoming& message)
{
    const auto* body = message.payload ? message.payload->if_object() : nullptr;
    const auto* type = body ? body->if_contains("type") : nullptr;
    if (message.room.empty() || !type || !type->is_string() || type->get_string().empty() ||
        type->get_string().size() > 64)
        return offend(error::invalid_message, "publish needs a room, and a payload {type, payload}",
                      message.request_id);
    if (is_servers_own(type->get_string()))
        return offend(error::invalid_message, "only the server sends messages of this type", message.request_id);
    error_code ec;
    const auto rules = hub_->rules_for(message.room, ec);
    if (!rules)
        return offend(static_cast<error>(ec.value()), ec.message(), message.request_id);
    if (rules->presence && (type->get_string() == "join" || type->get_string() == "leave"))
        return offend(error::invalid_message, "only the server sends messages of this type", message.request_id);
    if (!rules->client_publish)
        return offend(error::forbidden, "clients may not publish to this room", message.request_id);
    if (const auto* key = body->if_contains("idempotency_key");
        key && !(key->is_string() && !key->get_string().empty() && key->get_string().size() <= 64))
        return offend(error::invalid_message, "idempotency_key must be a string of 1 to 64 bytes",
                      message.request_id);
    publish_operation::start(*this, message.room, *body, message.request_id);
}

} // namespace fanfare::detail

#endif
