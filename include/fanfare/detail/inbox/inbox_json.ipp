// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_JSON_IPP
#define FANFARE_DETAIL_INBOX_INBOX_JSON_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/inbox/inbox_json.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/wire/json_writer.hpp>
#include <fanfare/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

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
        query.limit = static_cast<std::size_t>(whole_number(*limit, 1, inbox_max_page).value_or(0));
        if (query.limit == 0)
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

FANFARE_DECL std::string inbox_page_text(const inbox_page& page)
{
    json::value next;
    if (!page.next_cursor.empty())
        next.emplace_string() = page.next_cursor;
    std::string out;
    append_json(out, json::value(inbox_count_fields({{"next_cursor", std::move(next)}}, page.counts)));
    out.back() = ',';
    out += "\"items\":[";
    for (const auto& one : page.items) {
        out += out.back() == '[' ? "" : ",";
        out += inbox_item_text(one);
    }
    return out += "]}";
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

} // namespace fanfare::detail

#endif
