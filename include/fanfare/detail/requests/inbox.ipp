// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_INBOX_IPP
#define FANFARE_DETAIL_REQUESTS_INBOX_IPP

#include <fanfare/detail/inbox/inbox_json.hpp>
#include <fanfare/detail/requests/inbox.hpp>

#include <boost/json/array.hpp>

#include <utility>

namespace fanfare::detail {

// Answers on the session's shard, with the request's own type.
FANFARE_DECL inbox_operation::answered inbox_operation::reply(session& s, const incoming& message)
{
    return [keep = boost::intrusive_ptr<session>{&s}, type = std::string{message.type},
            id = own_value(message.request_id)](error_code ec, json::object fields) {
        keep->home().post([keep, type, id, ec, payload = json::value(std::move(fields))](shard&) {
            keep->end_request();
            if (!keep->open())
                return;
            const auto* to = id.is_null() ? nullptr : &id;
            if (!ec)
                return keep->send_message(type, &payload, to);
            keep->send_error(own_error(ec), inbox_error_text(ec), to);
        });
    };
}

FANFARE_DECL void inbox_operation::start(session& s, const incoming& message)
{
    const json::object nothing;
    if (s.who()->anonymous())
        return s.offend(error::forbidden, "only a user has an inbox", message.request_id);
    if (message.type != "ack" && !s.context().inbox.in_use())
        return s.offend(error::no_inbox, "this server keeps no inbox", message.request_id);
    const auto* fields = message.payload && !message.payload->is_null() ? message.payload->if_object() : &nothing;
    if (!fields)
        return s.offend(error::invalid_message, "payload must be an object", message.request_id);
    if (message.type == "inbox")
        list(s, message, *fields);
    else if (message.type == "mark")
        mark(s, message, *fields);
    else
        acknowledge(s, message, *fields);
}

FANFARE_DECL void inbox_operation::list(session& s, const incoming& message, const json::object& fields)
{
    std::string why;
    const auto query = read_inbox_query(fields, why);
    if (!why.empty())
        return s.offend(error::invalid_message, why, message.request_id);
    if (!s.begin_request())
        return s.offend(error::too_many_requests, "too many unanswered requests", message.request_id);
    s.context().inbox.list(s.who()->user_id, query,
                           [to = reply(s, message)](error_code ec, const inbox_page& page) {
                               to(ec, ec ? json::object{} : inbox_page_fields(page));
                           });
}

FANFARE_DECL void inbox_operation::mark(session& s, const incoming& message, const json::object& fields)
{
    std::string why;
    const auto asked = read_inbox_mark(fields, why);
    if (!why.empty())
        return s.offend(error::invalid_message, why, message.request_id);
    if (!s.begin_request())
        return s.offend(error::too_many_requests, "too many unanswered requests", message.request_id);
    s.context().inbox.mark(s.who()->user_id, asked, s.context().node.except_tag(s.number()),
                           [to = reply(s, message), action = asked.action,
                            all = asked.all](error_code ec, const inbox_marked& answer) {
                               const inbox_mark how{.action = action, .all = all};
                               to(ec, ec ? json::object{} : inbox_marked_fields(how, answer));
                           });
}

FANFARE_DECL void inbox_operation::acknowledge(session& s, const incoming& message, const json::object& fields)
{
    const auto* id = fields.if_contains("id");
    const auto refused = id && id->is_string() ? s.context().acks.confirm(id->get_string(), s.who()->user_id,
                                                                          s.context().node.id_of(s.number()))
                                               : error_code{error::invalid_message};
    if (refused == error::invalid_message)
        return s.offend(error::invalid_message, "id must be the ack_id of a message", message.request_id);
    if (refused)
        return s.send_error(own_error(refused), inbox_error_text(refused), message.request_id);
    if (!message.request_id)
        return;
    const json::value payload{{"id", *id}};
    s.send_message("ack", &payload, message.request_id);
}

} // namespace fanfare::detail

#endif
