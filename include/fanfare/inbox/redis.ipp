// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_REDIS_IPP
#define FANFARE_INBOX_REDIS_IPP

#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox/redis.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

// What a user's keys hold: `items` has each notification's `PLACE "\n" CREATED "\n" JSON`, `marks` its
// `SEEN " " READ " " ARCHIVED` (milliseconds since 1970, 0 for no), if there are any. The sets sort the ids by place;
// `finished` are those that are read or archived. `keys` leads from idempotency keys to ids, `keyed` back. `meta` has
// `top`, the newest place ever, and `revision`.
inline constexpr char redis_inbox_prologue[] = R"lua(
local items, marks, all, active, unread, unseen = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local archived, finished, keys, keyed, meta = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local function counts()
  return {redis.call('ZCARD', unread), redis.call('ZCARD', unseen), tonumber(redis.call('HGET', meta, 'revision') or 0)}
end
local function entry(id)
  return {id, redis.call('HGET', items, id) or '', redis.call('HGET', marks, id) or ''}
end
)lua";

inline constexpr char redis_inbox_changes[] = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function text(n) return string.format('%.0f', n) end
local function step()
  local revision = tonumber(redis.call('HGET', meta, 'revision') or 0) + 1
  if revision < now then revision = now end
  redis.call('HSET', meta, 'revision', text(revision))
end
)lua";

// ARGV: id, idempotency key, JSON, limit. No more than a thousand go at once, when the limit has become lower.
inline constexpr char redis_inbox_add[] = R"lua(
local id, key, limit = ARGV[1], ARGV[2], tonumber(ARGV[4])
if key ~= '' then
  local known = redis.call('HGET', keys, key)
  if known then return {1, entry(known), counts()} end
end
-- All that is read comes before the first write: what stops here has changed nothing.
local most = math.min(redis.call('ZCARD', all) + 1 - limit, 1000)
local victims = {}
if most > 0 then
  local chosen = {}
  victims = redis.call('ZRANGE', finished, 0, most - 1)
  for _, old in ipairs(victims) do chosen[old] = true end
  if #victims < most then
    for _, old in ipairs(redis.call('ZRANGE', all, 0, most - 1)) do
      if #victims < most and not chosen[old] then victims[#victims + 1] = old end
    end
  end
end
local function drop(old)
  for _, set in ipairs({all, active, unread, unseen, archived, finished}) do redis.call('ZREM', set, old) end
  redis.call('HDEL', items, old)
  redis.call('HDEL', marks, old)
  local its = redis.call('HGET', keyed, old)
  if its then
    redis.call('HDEL', keys, its)
    redis.call('HDEL', keyed, old)
  end
end
local place = redis.call('HINCRBY', meta, 'top', 1)
redis.call('HSET', items, id, text(place) .. '\n' .. text(now) .. '\n' .. ARGV[3])
for _, set in ipairs({all, active, unread, unseen}) do redis.call('ZADD', set, place, id) end
if key ~= '' then
  redis.call('HSET', keys, key, id)
  redis.call('HSET', keyed, id, key)
end
for _, old in ipairs(victims) do drop(old) end
step()
return {0, entry(id), counts()}
)lua";

// ARGV: which set, the place before which the page begins, limit, bytes.
inline constexpr char redis_inbox_list[] = R"lua(
local set, limit, room = KEYS[tonumber(ARGV[1])], tonumber(ARGV[3]), tonumber(ARGV[4])
local page, more = {}, 0
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', set, '(' .. ARGV[2], '-inf', 'LIMIT', 0, limit + 1)) do
  local one = entry(id)
  room = room - #one[2] - 256
  if #page == limit or (room < 0 and #page > 0) then
    more = 1
    break
  end
  page[#page + 1] = one
end
return {more, page, counts()}
)lua";

// ARGV: action, then ids, or none for all.
inline constexpr char redis_inbox_mark[] = R"lua(
local action = ARGV[1]
local function file(set, place, id, was, is)
  if was == is then return end
  if is then redis.call('ZADD', set, place, id) else redis.call('ZREM', set, id) end
end
local function change(id, place)
  local seen, read, gone = (redis.call('HGET', marks, id) or '0 0 0'):match('^(%d+) (%d+) (%d+)$')
  local s, r, a = seen, read, gone
  if action == 'seen' and s == '0' then s = text(now) end
  if action == 'read' and r == '0' then
    r = text(now)
    if s == '0' then s = r end
  end
  if action == 'unread' then r = '0' end
  if action == 'archive' and a == '0' then a = text(now) end
  if action == 'unarchive' then a = '0' end
  if s == seen and r == read and a == gone then return false end
  redis.call('HSET', marks, id, s .. ' ' .. r .. ' ' .. a)
  file(unread, place, id, read == '0' and gone == '0', r == '0' and a == '0')
  file(unseen, place, id, seen == '0' and gone == '0', s == '0' and a == '0')
  file(active, place, id, gone == '0', a == '0')
  file(archived, place, id, gone ~= '0', a ~= '0')
  file(finished, place, id, read ~= '0' or gone ~= '0', r ~= '0' or a ~= '0')
  return true
end
local changed, ids, unknown = 0, {}, {}
if #ARGV == 1 then
  local from = ({seen = unseen, read = unread, unarchive = archived})[action] or active
  local list = redis.call('ZRANGE', from, 0, -1, 'WITHSCORES')
  for i = 1, #list, 2 do
    if change(list[i], list[i + 1]) then changed = changed + 1 end
  end
end
for i = 2, #ARGV do
  local place = redis.call('ZSCORE', all, ARGV[i])
  if not place then
    unknown[#unknown + 1] = ARGV[i]
  elseif change(ARGV[i], place) then
    ids[#ids + 1] = ARGV[i]
    changed = changed + 1
  end
end
if changed > 0 then step() end
return {changed, ids, unknown, counts()}
)lua";

// A script, and its name in Redis' cache once Redis has told it.
struct redis_inbox_script {
    std::string text;
    std::string sha{};
    bool asked = false;
};

using redis_inbox_words = std::vector<std::string>;
using redis_inbox_reply = std::function<void(error_code, const redis_value&)>;

inline std::uint64_t redis_inbox_number(std::string_view text) noexcept
{
    std::uint64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

inline std::string_view cut_off(std::string_view& text, char end) noexcept
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
    place = redis_inbox_number(cut_off(text, '\n'));
    item.created_at = from_inbox_ms(time(cut_off(text, '\n')));
    std::string why;
    const auto body = parse_json(text, inbox_data_depth + 1, {}, why);
    if (const auto* fields = body.if_object()) {
        const auto string = [fields](std::string_view name) {
            const auto* v = fields->if_contains(name);
            return v && v->is_string() ? std::string{std::string_view{v->get_string()}} : std::string{};
        };
        item.title = string("title");
        item.message = string("message");
        if (const auto* data = fields->if_contains("data"))
            item.data = *data;
    }
    auto marks = entry[2].text();
    item.seen_at = maybe_from_inbox_ms(time(cut_off(marks, ' ')));
    item.read_at = maybe_from_inbox_ms(time(cut_off(marks, ' ')));
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

inline redis_inbox_words redis_inbox_texts(const redis_value& list)
{
    redis_inbox_words all;
    for (std::size_t i = 0; i != list.size(); ++i)
        all.emplace_back(list[i].text());
    return all;
}

} // namespace detail

struct redis_inbox::state : std::enable_shared_from_this<state> {
    state(redis_client c, redis_inbox_options o) : client{std::move(c)}, options{std::move(o)}
    {
        using namespace detail;
        const std::string begin = redis_inbox_prologue;
        add.text = begin + redis_inbox_changes + redis_inbox_add;
        list.text = begin + redis_inbox_list;
        mark.text = begin + redis_inbox_changes + redis_inbox_mark;
        counts.text = begin + "return {counts()}";
    }

    // Runs a script on a user's keys: by its name, or by its text where Redis may not know it. An answer of fewer than
    // `parts` parts is none.
    void run(detail::redis_inbox_script& script, std::string_view user, detail::redis_inbox_words arguments,
             std::size_t parts, detail::redis_inbox_reply handler)
    {
        const auto words = std::make_shared<detail::redis_inbox_words>(2);
        words->push_back("11");
        for (const auto* name : {"items", "marks", "all", "active", "unread", "unseen", "archived", "finished",
                                 "keys", "keyed", "meta"})
            words->push_back(options.prefix + "inbox:{" + std::string{user} + "}:" + name);
        std::move(arguments.begin(), arguments.end(), std::back_inserter(*words));
        const bool by_text = name(script, *words);
        send(*words, [self = shared_from_this(), &script, words, by_text, parts,
                      handler = std::move(handler)](error_code ec, const auto& reply) {
            const auto checked = [handler, parts](error_code e, const auto& r) {
                handler(!e && r.size() < parts ? error_code{error::redis_failed} : e, r);
            };
            if (by_text || ec != error::redis_failed || !reply.text().starts_with("NOSCRIPT"))
                return checked(ec, reply);
            (*words)[0] = "EVAL";
            (*words)[1] = script.text;
            self->send(*words, checked);
        });
    }

    bool name(detail::redis_inbox_script& script, detail::redis_inbox_words& words)
    {
        bool ask = false;
        bool by_text = false;
        {
            const std::lock_guard lock{mutex};
            by_text = script.sha.empty();
            ask = by_text && !std::exchange(script.asked, true);
            words[0] = by_text ? "EVAL" : "EVALSHA";
            words[1] = by_text ? script.text : script.sha;
        }
        if (ask)
            client.command({"SCRIPT", "LOAD", script.text},
                           [self = shared_from_this(), &script](error_code ec, const auto& reply) {
                               const std::lock_guard lock{self->mutex};
                               if (ec)
                                   script.asked = false;
                               else
                                   script.sha = reply.text();
                           });
        return by_text;
    }

    void send(const detail::redis_inbox_words& words, detail::redis_inbox_reply handler)
    {
        const std::vector<std::string_view> views{words.begin(), words.end()};
        client.command(views, std::move(handler));
    }

    redis_client client;
    const redis_inbox_options options;
    detail::redis_inbox_script add{}, list{}, mark{}, counts{};
    std::mutex mutex;
};

FANFARE_DECL redis_inbox::redis_inbox(redis_client client, redis_inbox_options options)
{
    detail::check_limits(options.limits);
    if (!detail::is_room_name(options.prefix, 64))
        throw boost::system::system_error{
            error::invalid_config, "fanfare::redis_inbox_options: prefix must be 1 to 64 bytes, without the "
                                   "characters that room names may not have"};
    state_ = std::make_shared<state>(std::move(client), std::move(options));
}

FANFARE_DECL void redis_inbox::async_add(inbox_add what, inbox_was_added handler)
{
    std::string data;
    detail::append_json(data, what.data);
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
        });
}

FANFARE_DECL void redis_inbox::async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler)
{
    if (const auto ec = detail::check_mark(user, mark))
        return handler(ec, {});
    detail::redis_inbox_words arguments{std::string{detail::to_string(mark.action)}};
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
    state_->run(state_->counts, user, {}, 1, [handler = std::move(handler)](error_code ec, const auto& reply) {
        handler(ec, ec ? inbox_counts{} : detail::redis_inbox_counts(reply[0]));
    });
}

} // namespace fanfare

#endif
