// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PRESENCE_IPP
#define FANFARE_DETAIL_REQUESTS_PRESENCE_IPP

#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/presence.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

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
        bytes += json::serialize(client).size();
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

FANFARE_DECL void presence_operation::start(session& s, std::string_view room, std::size_t limit,
                                            const json::value* request_id)
{
    if (!s.begin_request())
        return s.send_error(error::too_many_requests, "too many unanswered requests", request_id);
    const auto then = [keep = boost::intrusive_ptr<session>{&s}, room = std::string{room}, limit,
                       id = own_value(request_id)](bool allowed) {
        if (!allowed)
            return answer(*keep, room, id, error::forbidden, {});
        read_presence(keep->context().rules, keep->context().presence, room, limit,
                      [keep, room, id](error_code ec, presence_list who) {
                          keep->home().post([keep, room, id, ec, who = std::move(who)](shard&) {
                              answer(*keep, room, id, ec, who);
                          });
                      });
    };
    // Without an authorizer, who may read a room's messages may see who else does.
    if (!s.context().handlers.may && !s.is_member(room))
        return then(false);
    ask(s, room, room_action::presence, then);
}

FANFARE_DECL void presence_operation::answer(session& s, const std::string& room, const json::value& request_id,
                                             error_code ec, const presence_list& who)
{
    s.end_request();
    if (!s.open())
        return;
    const auto* to = request_id.is_null() ? nullptr : &request_id;
    if (!ec) {
        const json::value payload(presence_answer(room, who));
        return s.send_message("presence", &payload, to);
    }
    const auto code = ec.category() == error_category() ? static_cast<error>(ec.value()) : error::handler_failed;
    s.send_error(code, code == error::forbidden ? "not allowed to see who is in " + room : ec.message(), to);
}

} // namespace fanfare::detail

#endif
