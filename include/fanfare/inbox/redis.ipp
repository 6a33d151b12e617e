// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_REDIS_IPP
#define FANFARE_INBOX_REDIS_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/redis/inbox_scripts.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/detail/redis/script.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox/redis.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

inline std::uint64_t redis_inbox_number(std::string_view text) noexcept
{
    std::uint64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

// Takes the text before the first `end`, and `end` itself, from the front of `text`.
inline std::string_view take_until(std::string_view& text, char end) noexcept
{
    const auto at = std::min(text.find(end), text.size());
    const auto first = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return first;
}

// What `entry` answers; `place` becomes the item's.
inline inbox_item redis_inbox_item(const redis_value& entry, std::string_view user, std::uint64_t& place)
{
    inbox_item item{.id = std::string{entry[0].text()}, .user_id = std::string{user}};
    const auto time = [](std::string_view ms) { return static_cast<std::int64_t>(redis_inbox_number(ms)); };
    auto text = entry[1].text();
    place = redis_inbox_number(take_until(text, '\n'));
    item.created_at = from_inbox_ms(time(take_until(text, '\n')));
    std::string why;
    const auto body = parse_json(text, inbox_data_depth + 1, {}, why);
    if (const auto* fields = body.if_object()) {
        item.title = string_field(*fields, "title").value_or("");
        item.message = string_field(*fields, "message").value_or("");
        item.data = fields->contains("data") ? fields->at("data") : json::value{};
        item.data_text = json_member_text(text, "data").value_or("");
    }
    auto marks = entry[2].text();
    item.seen_at = maybe_from_inbox_ms(time(take_until(marks, ' ')));
    item.read_at = maybe_from_inbox_ms(time(take_until(marks, ' ')));
    item.archived_at = maybe_from_inbox_ms(time(marks));
    return item;
}

inline inbox_counts redis_inbox_counts(const redis_value& reply)
{
    const auto number = [&reply](std::size_t i) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, reply[i].integer()));
    };
    return {number(0), number(1), number(2)};
}

inline std::vector<std::string> redis_inbox_texts(const redis_value& list)
{
    std::vector<std::string> all;
    all.reserve(list.size());
    for (std::size_t i = 0; i != list.size(); ++i)
        all.emplace_back(list[i].text());
    return all;
}

} // namespace detail

struct redis_inbox::state {
    state(redis_client c, redis_inbox_options o)
        : client{std::move(c)}, options{std::move(o)}, add{client, source(detail::redis_inbox_changes) +
                                                                       detail::redis_inbox_add},
          list{client, source(detail::redis_inbox_list)}, mark{client, source(detail::redis_inbox_changes) +
                                                                           detail::redis_inbox_mark},
          counts{client, source("return {counts()}")}
    {}

    static std::string source(const char* rest) { return std::string{detail::redis_inbox_prologue} + rest; }

    // Runs a script on a user's keys; one that only reads does not wait while Redis is away. A reply of fewer than
    // `parts` elements is none of its replies.
    void run(const detail::redis_script& script, std::string_view user, detail::redis_script::arguments arguments,
             std::size_t parts, redis_client::handler handler, bool reads = false) const
    {
        const auto args = std::make_shared<detail::redis_script::arguments>();
        args->reserve(12 + arguments.size());
        args->push_back("11");
        const auto base = options.prefix + "inbox:{" + std::string{user} + "}:";
        for (const auto* name : {"items", "marks", "all", "active", "unread", "unseen", "archived", "finished",
                                 "keys", "keyed", "meta"})
            args->push_back(base + name);
        std::move(arguments.begin(), arguments.end(), std::back_inserter(*args));
        const auto answered = [parts, handler = std::move(handler)](error_code ec,
                                                                    const detail::redis_value& reply) {
            handler(!ec && reply.size() < parts ? error_code{error::redis_failed} : ec, reply);
        };
        reads ? script.run_now(args, answered) : script.run(args, answered);
    }

    const redis_client client;
    const redis_inbox_options options;
    const detail::redis_script add, list, mark, counts;
};

FANFARE_DECL redis_inbox::redis_inbox(redis_client client, redis_inbox_options options)
{
    detail::check_limits(options.limits);
    if (!detail::was_room_name(options.prefix, 64)) // an old one stays
        throw boost::system::system_error{
            error::invalid_config, "fanfare::redis_inbox_options: prefix must be 1 to 64 bytes, without the "
                                   "characters that room names may not have"};
    state_ = std::make_shared<state>(std::move(client), std::move(options));
}

FANFARE_DECL void redis_inbox::async_add(inbox_add what, inbox_was_added handler)
{
    const auto data = detail::inbox_data_text(what);
    if (const auto ec = detail::check_add(what, data, state_->options.limits))
        return handler(ec, {});
    std::string body = "{\"title\":";
    detail::append_json_string(body, what.title);
    body += ",\"message\":";
    detail::append_json_string(body, what.message);
    body += ",\"data\":" + data + '}';
    state_->run(state_->add, what.user_id,
                {detail::new_inbox_id(), what.idempotency_key, std::move(body),
                 std::to_string(state_->options.limits.items)},
                3, [user = what.user_id, handler = std::move(handler)](error_code ec, const auto& reply) {
                    if (ec)
                        return handler(ec, {});
                    std::uint64_t place = 0;
                    handler({}, {detail::redis_inbox_item(reply[1], user, place),
                                 detail::redis_inbox_counts(reply[2]), reply[0].integer() == 1});
                });
}

FANFARE_DECL void redis_inbox::async_list(std::string_view user, const inbox_query& query,
                                          inbox_was_listed handler)
{
    std::uint64_t before = 0;
    if (const auto ec = detail::check_query(user, query, before))
        return handler(ec, {});
    const auto* set = query.filter == inbox_filter::all        ? "3"
                      : query.filter == inbox_filter::unread   ? "5"
                      : query.filter == inbox_filter::archived ? "7"
                                                               : "4"; // the key's index
    state_->run(
        state_->list, user,
        {set, std::to_string(before), std::to_string(query.limit), std::to_string(detail::inbox_page_bytes)}, 3,
        [user = std::string{user}, handler = std::move(handler)](error_code ec, const auto& reply) {
            inbox_page page;
            if (ec)
                return handler(ec, {});
            page.counts = detail::redis_inbox_counts(reply[2]);
            std::uint64_t place = 0;
            for (std::size_t i = 0; i != reply[1].size(); ++i)
                page.items.push_back(detail::redis_inbox_item(reply[1][i], user, place));
            if (reply[0].integer() == 1)
                page.next_cursor = detail::make_inbox_cursor(user, place);
            handler({}, std::move(page));
        },
        true);
}

FANFARE_DECL void redis_inbox::async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler)
{
    if (const auto ec = detail::check_mark(user, mark))
        return handler(ec, {});
    detail::redis_script::arguments arguments{std::string{detail::to_string(mark.action)}};
    arguments.insert(arguments.end(), mark.ids.begin(), mark.ids.end());
    state_->run(state_->mark, user, std::move(arguments), 4,
                [asked = mark.ids.size(), handler = std::move(handler)](error_code ec, const auto& reply) {
                    if (!ec && asked != 0 && reply[2].size() == asked)
                        ec = error::not_found;
                    if (ec)
                        return handler(ec, {});
                    handler({}, {.ids = detail::redis_inbox_texts(reply[1]),
                                 .unknown = detail::redis_inbox_texts(reply[2]),
                                 .changed = static_cast<std::size_t>(reply[0].integer()),
                                 .counts = detail::redis_inbox_counts(reply[3])});
                });
}

FANFARE_DECL void redis_inbox::async_counts(std::string_view user, inbox_was_counted handler)
{
    if (const auto ec = detail::check_user(user))
        return handler(ec, {});
    state_->run(
        state_->counts, user, {}, 1,
        [handler = std::move(handler)](error_code ec, const auto& reply) {
            handler(ec, ec ? inbox_counts{} : detail::redis_inbox_counts(reply[0]));
        },
        true);
}

FANFARE_DECL void redis_inbox::rest() const
{
    state_->client.rest();
}

FANFARE_DECL link_status redis_inbox::status() const
{
    return state_->client.status();
}

} // namespace fanfare

#endif
