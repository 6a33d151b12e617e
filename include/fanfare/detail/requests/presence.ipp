// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PRESENCE_IPP
#define FANFARE_DETAIL_REQUESTS_PRESENCE_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/presence.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL json::object presence_answer(std::string_view room, const presence_list& who)
{
    constexpr std::size_t most = 256 * 1024; // bytes: well below what an outbox holds
    std::size_t bytes = 0;
    json::array clients;
    for (const auto& one : who.clients) {
        json::object client{{"connection_id", one.connection_id}, {"user_id", one.user_id}};
        if (!one.info.is_null())
            client["info"] = one.info;
        std::string text;
        append_json(text, client);
        bytes += text.size();
        if (bytes > most)
            break;
        clients.push_back(std::move(client));
    }
    json::array users;
    for (const auto& one : who.users)
        users.push_back({{"user_id", one.user_id}, {"connections", one.connections}});
    return {{"room", room},
            {"clients", std::move(clients)},
            {"users", std::move(users)},
            {"client_count", who.client_count},
            {"user_count", who.user_count}};
}

FANFARE_DECL error_code presence_refused(const namespaces& rules, std::string_view room)
{
    error_code ec;
    const auto found = rules.rules_for(room, ec);
    if (found && !found->presence)
        ec = error::forbidden;
    return ec;
}

FANFARE_DECL void read_presence(const namespaces& rules, presence_tracker& presence, std::string_view room,
                                std::size_t limit, std::function<void(error_code, presence_list)> handler)
{
    if (const auto ec = presence_refused(rules, room))
        return handler(ec, {});
    presence.read(room, std::min(limit, presence_max_limit), std::move(handler));
}

FANFARE_DECL void presence_operation::start(session& s, const incoming& message)
{
    const auto* body = message.payload ? message.payload->if_object() : nullptr;
    const auto* named = body ? body->if_contains("room") : nullptr;
    const auto* limit = body ? body->if_contains("limit") : nullptr;
    const auto most = limit ? whole_number(*limit, 1, SIZE_MAX) : std::nullopt;
    if ((named && !named->is_string()) || (!named && message.room.empty()) || (limit && !most))
        return s.refuse(error::invalid_message, "presence needs a room; its limit must be a number above zero",
                        message.request_id);
    const std::string room{named ? std::string_view{named->get_string()} : message.room};
    if (const auto ec = presence_refused(s.context().rules, room))
        return s.refuse(static_cast<error>(ec.value()), ec.message(), message.request_id);
    const auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    const auto count = static_cast<std::size_t>(most.value_or(presence_default_limit));
    const auto then = [request, room, count](error refused) {
        if (refused != error{})
            return answer(*request, room, refused, {});
        client_request::read_in_turn(request, read_kind::presence, [request, room, count] {
            const auto& context = request->context();
            read_presence(
                context.rules, context.presence, room, count, [request, room](error_code ec, presence_list who) {
                    request->post([request, room, ec, who = std::move(who)] { answer(*request, room, ec, who); });
                });
        });
    };
    // Without an authorizer, who may read a room's messages may see who else does.
    if (!s.context().handlers.may && !s.is_member(room))
        return then(error::forbidden);
    authorize(s, room, room_action::presence, then);
}

FANFARE_DECL void presence_operation::answer(client_request& request, const std::string& room, error_code ec,
                                             const presence_list& who)
{
    if (!ec)
        return request.reply("presence", presence_answer(room, who));
    const auto code = ec.category() == error_category() ? static_cast<error>(ec.value()) : error::handler_failed;
    request.fail(code, code == error::forbidden ? "not allowed to see who is in " + room : ec.message());
}

} // namespace fanfare::detail

#endif
