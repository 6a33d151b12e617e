// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_INBOX_IPP
#define FANFARE_DETAIL_HTTP_API_INBOX_IPP

#include <fanfare/detail/http_api/inbox.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/inbox/inbox_json.hpp>

#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void get_inbox(const api_call& c)
{
    const auto user = c.view.query("user_id");
    if (!user || user->empty())
        return c.fail(400, error::invalid_message, "this needs ?user_id=ID");
    json::object fields;
    for (const auto* name : {"cursor", "filter"})
        if (const auto value = c.view.query(name))
            fields[name] = *value;
    if (const auto limit = c.view.query("limit"))
        fields["limit"] = number_or_text(*limit);
    std::string why;
    const auto query = read_inbox_query(fields, why);
    if (!why.empty())
        return c.fail(400, error::invalid_message, why);
    c.read_in_turn(read_kind::inbox,
                   [reply = api_reply{c}, &hub = c.hub, user = *user, query](const read_turn& turn) {
                       hub.inbox.list(user, query, [turn, reply](error_code ec, const inbox_page& page) {
                           if (ec)
                               return reply.fail_inbox(ec);
                           reply.answer_text(200, inbox_page_text(page));
                       });
                   });
}

FANFARE_DECL void post_inbox_mark(const api_call& c)
{
    const auto body = c.body(c.hub.options().max_json_depth);
    const auto user = body ? c.text(*body, "user_id") : std::nullopt;
    if (!user)
        return;
    std::string why;
    const auto mark = read_inbox_mark(*body, why);
    if (!why.empty())
        return c.fail(400, error::invalid_message, why);
    c.read_in_turn(read_kind::inbox,
                   [reply = api_reply{c}, &hub = c.hub, user = *user, mark](const read_turn& turn) {
                       hub.inbox.mark(user, mark, 0,
                                      [turn, reply, action = mark.action,
                                       all = mark.all](error_code ec, const inbox_marked& answer) {
                                          if (ec)
                                              return reply.fail_inbox(ec);
                                          const fanfare::inbox_mark how{.action = action, .all = all};
                                          reply.answer(200, inbox_marked_fields(how, answer));
                                      });
                   });
}

} // namespace fanfare::detail

#endif
