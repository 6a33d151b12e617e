// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_ROOMS_IPP
#define FANFARE_DETAIL_HTTP_API_ROOMS_IPP

#include <fanfare/detail/http_api/rooms.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/requests/history.hpp>
#include <fanfare/detail/requests/presence.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void get_history(const api_call& c)
{
    const auto room = c.view.query("room");
    if (!room || room->empty())
        return c.fail(400, error::invalid_message, "this needs ?room=NAME");
    json::object fields;
    const auto epoch = c.view.query("epoch");
    const auto offset = c.view.query("offset");
    if (epoch || offset)
        fields["since"] = {{"epoch", epoch.value_or("")}, {"offset", number_or_text(offset.value_or(""))}};
    if (const auto limit = c.view.query("limit"))
        fields["limit"] = number_or_text(*limit);
    if (const auto order = c.view.query("order"))
        fields["order"] = *order;
    history_request what;
    if (const auto wrong = read_history_request(fields, what); !wrong.empty())
        return c.fail(400, error::invalid_message, wrong);
    what.bytes = max_history_answer;
    c.hub.history.read_page_in_turn(
        *room, what,
        [reply = api_reply{c}, room = *room](error_code ec, const history_part& part) {
            if (!ec)
                return reply.answer_text(200, history_answer(room, part, max_history_answer));
            const auto own = own_error(ec);
            reply.fail(status_of(own), own, history_problem(room, ec));
        },
        c.wanted);
}

FANFARE_DECL void get_presence(const api_call& c)
{
    const auto room = c.view.query("room");
    if (!room || room->empty())
        return c.fail(400, error::invalid_message, "this needs ?room=NAME");
    c.read_in_turn(read_kind::presence, [reply = api_reply{c}, &hub = c.hub, room = *room](const read_turn& turn) {
        read_presence(hub.rules, hub.presence, room, presence_max_limit,
                      [turn, reply, room](error_code ec, const presence_list& who) {
                          if (ec)
                              return reply.fail(ec);
                          reply.answer(200, presence_answer(room, who));
                      });
    });
}

} // namespace fanfare::detail

#endif
