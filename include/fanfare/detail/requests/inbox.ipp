// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_INBOX_IPP
#define FANFARE_DETAIL_REQUESTS_INBOX_IPP

#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/requests/inbox.hpp>

#include <boost/json/array.hpp>

#include <utility>

namespace fanfare::detail {

inline const json::value* inbox_field(const json::object& fields, std::string_view name)
{
    const auto* v = fields.if_contains(name);
    return v && !v->is_null() ? v : nullptr;
}

FANFARE_DECL inbox_query read_inbox_query(const json::object& fields, std::string& why)
{
    inbox_query query;
    if (const auto* cursor = inbox_field(fields, "cursor")) {
        if (cursor->is_string())
            query.cursor = cursor->get_string();
        else
            why = "cursor must be the next_cursor of a page";
    }
    if (const auto* limit = inbox_field(fields, "limit")) {
        error_code ec;
        query.limit = limit->to_number<std::size_t>(ec);
        if (ec || query.limit == 0 || query.limit > inbox_max_page)
            why = "limit must be a number from 1 to " + std::to_string(inbox_max_page);
    }
    if (const auto* filter = inbox_field(fields, "filter")) {
        const auto known = filter->is_string() ? inbox_filter_of(filter->get_string()) : std::nullopt;
        if (known)
            query.filter = *known;
        else
            why = "filter must be active, all, unread or archived";
    }
    return query;
}

// The ids of a mark; false if they are no list of ids.
inline bool read_inbox_ids(const json::value& list, std::vector<std::string>& ids)
{
    const auto* all = list.if_array();
    if (!all || all->empty() || all->size() > inbox_max_ids)
        return false;
    for (const auto& id : *all) {
        if (!id.is_string() || id.get_string().empty() || id.get_string().size() > 64)
            return false;
        ids.emplace_back(std::string_view{id.get_string()});
    }
    return true;
}

FANFARE_DECL inbox_mark read_inbox_mark(const json::object& fields, std::string& why)
{
    inbox_mark mark;
    const auto* action = inbox_field(fields, "action");
    const auto known = action && action->is_string() ? inbox_action_of(action->get_string()) : std::nullopt;
    if (known)
        mark.action = *known;
    else
        why = "action must be seen, read, unread, archive or unarchive";
    const auto* ids = inbox_field(fields, "ids");
    const auto* all = inbox_field(fields, "all");
    if (all && !all->is_bool())
        why = "all must be true or false";
    else
        mark.all = all && all->get_bool();
    if (mark.all == (ids != nullptr))
        why = "a mark needs either ids or all: true";
    else if (ids && !read_inbox_ids(*ids, mark.ids))
        why = "ids must be an array of 1 to " + std::to_string(inbox_max_ids) + " notification ids";
    return mark;
}

FANFARE_DECL json::object inbox_page_fields(const inbox_page& page)
{
    json::array items;
    for (const auto& one : page.items)
        items.push_back(inbox_item_fields(one));
    json::value next;
    if (!page.next_cursor.empty())
        next.emplace_string() = page.next_cursor;
    return inbox_count_fields({{"items", std::move(items)}, {"next_cursor", std::move(next)}}, page.counts);
}

FANFARE_DECL json::object inbox_marked_fields(const inbox_mark& asked, const inbox_marked& answer)
{
    json::object fields{{"action", to_string(asked.action)}};
    if (asked.all)
        fields["all"] = true;
    else
        fields["ids"] = json::array(answer.ids.begin(), answer.ids.end());
    fields["changed"] = answer.changed;
    if (!answer.unknown.empty())
        fields["not_found"] = json::array(answer.unknown.begin(), answer.unknown.end());
    return inbox_count_fields(std::move(fields), answer.counts);
}

FANFARE_DECL std::string inbox_error_text(error_code ec)
{
    if (ec == error::not_found)
        return "the user has no notification with such an id";
    if (ec == error::invalid_message)
        return "not as an inbox takes it: text that is not UTF-8, or a cursor that is no next_cursor of the user";
    return make_error_code(own_error(ec)).message();
}

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
    if (message.type != "ack" && !s.hub().inbox.in_use())
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
    s.hub().inbox.list(s.who()->user_id, query, [to = reply(s, message)](error_code ec, const inbox_page& page) {
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
    s.hub().inbox.mark(s.who()->user_id, asked, s.hub().except_tag(s.number()),
                       [to = reply(s, message), action = asked.action,
                        all = asked.all](error_code ec, const inbox_marked& answer) {
                           const inbox_mark how{.action = action, .all = all};
                           to(ec, ec ? json::object{} : inbox_marked_fields(how, answer));
                       });
}

FANFARE_DECL void inbox_operation::acknowledge(session& s, const incoming& message, const json::object& fields)
{
    const auto* id = fields.if_contains("id");
    const auto refused = id && id->is_string()
                             ? s.hub().acks.confirm(id->get_string(), s.who()->user_id, s.hub().id_of(s.number()))
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
