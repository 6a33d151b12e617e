// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_HISTORY_IPP
#define FANFARE_DETAIL_REQUESTS_HISTORY_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/history.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL std::string read_history_request(const json::object& body, history_request& out)
{
    if (const auto* since = body.if_contains("since"); since && !since->is_null()) {
        std::string why;
        out.since = read_position(*since, why);
        if (!out.since)
            return "history: since: " + why;
    }
    if (const auto* limit = body.if_contains("limit")) {
        const auto n = whole_number(*limit, 1, max_history_page);
        if (!n)
            return "history: limit must be a number from 1 to " + std::to_string(max_history_page);
        out.limit = static_cast<std::size_t>(*n);
    }
    if (const auto* order = body.if_contains("order")) {
        const auto* text = order->if_string();
        if (!text || (*text != "oldest" && *text != "newest"))
            return "history: order must be \"oldest\" or \"newest\"";
        out.newest_first = *text == "newest";
    }
    return {};
}

// What is wrong with a client's `history` request, in words; empty if nothing is.
inline std::string read_client_history(const incoming& message, std::string_view& room, history_request& what)
{
    const auto* body = message.payload ? message.payload->if_object() : nullptr;
    if (message.payload && !body)
        return "history: the payload must be an object";
    const auto* named = body ? body->if_contains("room") : nullptr;
    if ((named && !named->is_string()) || (!named && message.room.empty()))
        return "history needs a room";
    room = named ? std::string_view{named->get_string()} : message.room;
    return body ? read_history_request(*body, what) : std::string{};
}

FANFARE_DECL void history_operation::start(session& s, const incoming& message)
{
    history_request what;
    std::string_view named;
    if (const auto wrong = read_client_history(message, named, what); !wrong.empty())
        return s.refuse(error::invalid_message, wrong, message.request_id);
    const auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    what.bytes = s.context().history.page_bytes();
    const std::string room{named};
    const auto then = [request, room, what](error refused) {
        if (refused != error{})
            return answer(*request, room, refused, {});
        client_request::read_in_turn(request, read_kind::page, [request, room, what] {
            request->context().history.read_page(room, what, [request, room](error_code ec, history_part part) {
                request->post([request, room, ec, part = std::move(part)] { answer(*request, room, ec, part); });
            });
        });
    };
    // Without an authorizer, who may read what comes may read what came. A user's own room is never another's.
    if ((!s.context().handlers.may || room.starts_with("user:")) && !s.is_member(room))
        return then(error::forbidden);
    authorize(s, room, room_action::history, then);
}

FANFARE_DECL std::string history_problem(std::string_view room, const error_code& why)
{
    if (why == error::invalid_position)
        return "no such position in the history of " + std::string{room} + ": beyond its end, or of another epoch";
    if (why == error::forbidden)
        return "not allowed to read the history of " + std::string{room};
    return why.message();
}

// The messages go in as they are stored: parsing them again would be work, and might fail.
FANFARE_DECL std::string history_answer(std::string_view room, const history_part& part, std::size_t most)
{
    std::size_t count = 0;
    for (std::size_t bytes = 0; count != part.messages.size(); ++count) {
        bytes += part.messages[count].size();
        if (bytes > most && count != 0)
            break;
    }
    auto fields = position_fields(part.top);
    fields["room"] = room;
    fields["oldest"] = part.oldest;
    fields["more"] = part.more || count != part.messages.size();
    std::string out;
    append_json(out, json::value(std::move(fields)));
    out.back() = ',';
    out += "\"messages\":[";
    for (std::size_t i = 0; i != count; ++i) {
        out += i == 0 ? "" : ",";
        out += part.messages[i];
    }
    return out += "]}";
}

FANFARE_DECL void history_operation::answer(client_request& request, const std::string& room, error_code ec,
                                            const history_part& part)
{
    if (ec)
        return request.fail(ec, history_problem(room, ec));
    request.complete();
    auto& s = request.from();
    if (!s.open())
        return;
    const auto payload = history_answer(room, part, request.context().history.page_bytes());
    s.send(encode({.type = "history", .request_id = request.id(), .payload_text = payload}, wall_now()));
}

} // namespace fanfare::detail

#endif
