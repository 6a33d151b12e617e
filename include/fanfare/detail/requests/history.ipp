// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_HISTORY_IPP
#define FANFARE_DETAIL_REQUESTS_HISTORY_IPP

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
        error_code ec;
        const auto n = limit->is_number() && !limit->is_double() ? limit->to_number<std::size_t>(ec) : 0;
        if (ec || n == 0 || n > max_history_page)
            return "history: limit must be a number from 1 to " + std::to_string(max_history_page);
        out.limit = n;
    }
    if (const auto* order = body.if_contains("order")) {
        const auto* text = order->if_string();
        if (!text || (*text != "oldest" && *text != "newest"))
            return "history: order must be \"oldest\" or \"newest\"";
        out.newest_first = *text == "newest";
    }
    return {};
}

FANFARE_DECL void history_operation::start(session& s, const incoming& message)
{
    const auto* body = message.payload ? message.payload->if_object() : nullptr;
    const auto* named = body ? body->if_contains("room") : nullptr;
    history_request what;
    std::string wrong;
    if (message.payload && !body)
        wrong = "history: the payload must be an object";
    else if ((named && !named->is_string()) || (!named && message.room.empty()))
        wrong = "history needs a room";
    else if (body)
        wrong = read_history_request(*body, what);
    if (!wrong.empty())
        return s.offend(error::invalid_message, wrong, message.request_id);
    if (!s.begin_request())
        return s.send_error(error::too_many_requests, "too many unanswered requests", message.request_id);
    const std::string room{named ? std::string_view{named->get_string()} : message.room};
    const auto then = [keep = boost::intrusive_ptr<session>{&s}, room, what,
                       id = own_value(message.request_id)](bool allowed) {
        if (!allowed)
            return answer(*keep, room, id, error::forbidden, {});
        keep->context().history.read_page(room, what, [keep, room, id](error_code ec, history_part part) {
            keep->home().post(
                [keep, room, id, ec, part = std::move(part)](shard&) { answer(*keep, room, id, ec, part); });
        });
    };
    // Without an authorizer, who may read what comes may read what came. A user's own room is never another's.
    if ((!s.context().handlers.may || room.starts_with("user:")) && !s.is_member(room))
        return then(false);
    ask(s, room, room_action::history, then);
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

FANFARE_DECL void history_operation::answer(session& s, const std::string& room, const json::value& id,
                                            error_code ec, const history_part& part)
{
    s.end_request();
    if (!s.open())
        return;
    const auto* to = id.is_null() ? nullptr : &id;
    if (ec)
        return s.send_error(ec, history_problem(room, ec), to);
    // Well below what an outbox holds.
    const auto payload = history_answer(room, part, s.context().options.outbox_bytes / 4);
    s.send(encode({.type = "history", .request_id = to, .payload_text = payload}, wall_now()));
}

} // namespace fanfare::detail

#endif
