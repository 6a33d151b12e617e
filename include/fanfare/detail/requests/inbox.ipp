// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_INBOX_IPP
#define FANFARE_DETAIL_REQUESTS_INBOX_IPP

#include <fanfare/detail/inbox/inbox_json.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/requests/inbox.hpp>

#include <boost/json/array.hpp>

#include <utility>

namespace fanfare::detail {

// Answers on the session's shard, with the request's own type and a payload as JSON text.
inline std::function<void(error_code, std::string)> inbox_reply(client_request_ptr request, std::string_view type)
{
    return [request = std::move(request), type = std::string{type}](error_code ec, std::string text) {
        request->post([request, type, ec, payload = std::move(text)] {
            if (ec)
                request->fail(own_error(ec), inbox_error_text(ec));
            else
                request->reply_text(type, payload);
        });
    };
}

FANFARE_DECL void inbox_operation::start(session& s, const incoming& message)
{
    const json::object nothing;
    if (s.who()->anonymous())
        return s.refuse(error::forbidden, "only a user has an inbox", message.request_id);
    if (message.type != "ack" && !s.context().inbox.in_use())
        return s.refuse(error::no_inbox, "this server keeps no inbox", message.request_id);
    const auto* fields = message.payload && !message.payload->is_null() ? message.payload->if_object() : &nothing;
    if (!fields)
        return s.refuse(error::invalid_message, "payload must be an object", message.request_id);
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
        return s.refuse(error::invalid_message, why, message.request_id);
    const auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    client_request::read_in_turn(request, read_kind::inbox, [request, query] {
        request->context().inbox.list(request->from().who()->user_id, query,
                                      [to = inbox_reply(request, "inbox")](error_code ec, const inbox_page& page) {
                                          to(ec, ec ? std::string{} : inbox_page_text(page));
                                      });
    });
}

FANFARE_DECL void inbox_operation::mark(session& s, const incoming& message, const json::object& fields)
{
    std::string why;
    const auto asked = read_inbox_mark(fields, why);
    if (!why.empty())
        return s.refuse(error::invalid_message, why, message.request_id);
    const auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    // Not a read, but one for all notifications costs as much, and the order of a client's requests is kept.
    client_request::read_in_turn(request, read_kind::inbox, [request, asked] {
        const auto& context = request->context();
        context.inbox.mark(request->from().who()->user_id, asked,
                           context.node.except_tag(request->from().number()),
                           [to = inbox_reply(request, "mark"), action = asked.action,
                            all = asked.all](error_code ec, const inbox_marked& answer) {
                               const inbox_mark how{.action = action, .all = all};
                               std::string text;
                               if (!ec)
                                   append_json(text, json::value(inbox_marked_fields(how, answer)));
                               to(ec, std::move(text));
                           });
    });
}

FANFARE_DECL void inbox_operation::acknowledge(session& s, const incoming& message, const json::object& fields)
{
    const auto* id = fields.if_contains("id");
    const auto refused = id && id->is_string() ? s.context().acks.confirm(id->get_string(), s.who()->user_id,
                                                                          s.context().node.id_of(s.number()))
                                               : error_code{error::invalid_message};
    if (refused == error::invalid_message)
        return s.refuse(error::invalid_message, "id must be the ack_id of a message", message.request_id);
    if (refused)
        return s.send_error(own_error(refused), inbox_error_text(refused), message.request_id);
    if (!message.request_id)
        return;
    const json::value payload{{"id", *id}};
    s.send_message("ack", &payload, message.request_id);
}

} // namespace fanfare::detail

#endif
