// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_REDIS_IPP
#define FANFARE_PRESENCE_REDIS_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/presence/redis.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

namespace fanfare {
namespace detail {

// What a room's keys hold: `expires` sorts the connections by the time at which they expire; `clients` has each one's
// `INFO "\n" USER`; `users` counts each user's connections, expired ones included until they are reaped; `awake` is
// the time since when the room is in use, and is gone when it was not for half a lifetime (hubs refresh each third of
// one); `told` names who was told that a user has gone, to tell it again if the answer was lost.
inline constexpr char presence_prologue[] = R"lua(
local expires, clients, users, awake, told = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function user_of(id)
  local entry = redis.call('HGET', clients, id)
  return entry and entry:sub(entry:find('\n', 1, true) + 1) or ''
end
local most, fresh = 1000, '(' .. now
)lua";

// How many connections of a user have not expired. For that it looks at the expired entries, or at the others if those
// are few; never at more than `most`, since all of Redis waits. With more of both, users may seem to be there until
// enough was reaped.
inline constexpr char presence_living[] = R"lua(
local live = redis.call('ZCOUNT', expires, fresh, '+inf')
local dead = redis.call('ZCARD', expires) - live
local by_living = dead > most and live <= most
local counted = {}
local from, to = '-inf', now
if by_living then from, to = fresh, '+inf' end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', expires, from, to, 'LIMIT', 0, most)) do
  local user = user_of(id)
  counted[user] = (counted[user] or 0) + 1
end
local function living(user, count)
  if by_living then return counted[user] or 0 end
  return count - (counted[user] or 0)
end
)lua";

inline constexpr char presence_changes[] = R"lua(
local lifetime, caller, again = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1'
local departed = {}
local function keep()
  for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], 3 * lifetime) end
end
local function take_out(id)
  local user = user_of(id)
  redis.call('ZREM', expires, id)
  if redis.call('HDEL', clients, id) == 0 or user == '' then return nil end
  if redis.call('HINCRBY', users, user, -1) > 0 then return nil end
  redis.call('HDEL', users, user)
  redis.call('HSET', told, user, caller)
  redis.call('PEXPIRE', told, 3 * lifetime)
  return user
end
local function reap(just_told)
  local since = tonumber(redis.call('GET', awake) or now)
  redis.call('SET', awake, since, 'PX', math.floor(lifetime / 2))
  if now - since >= lifetime / 2 then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', expires, '-inf', now, 'LIMIT', 0, most)) do
      local user = take_out(id)
      if user then departed[#departed + 1] = user end
    end
  end
  if not again then return end
  local seen = {[just_told or ''] = true}
  for _, user in ipairs(departed) do seen[user] = true end
  local all = redis.call('HGETALL', told)
  for i = 1, #all, 2 do
    if all[i + 1] == caller and not seen[all[i]] then departed[#departed + 1] = all[i] end
  end
end
)lua";

// The user may have connections that have expired and are not reaped yet. Nobody sees them: then this is the first.
inline constexpr char presence_enter_begin[] = R"lua(
local id, user, info = ARGV[4], ARGV[5], ARGV[6]
local first = 0
local known = redis.call('HEXISTS', clients, id) == 1
if known and user_of(id) ~= user then
  take_out(id)
  known = false
end
redis.call('HSET', clients, id, info .. '\n' .. user)
redis.call('ZADD', expires, now + lifetime, id)
if user ~= '' then
  redis.call('HDEL', told, user)
  local count = tonumber(redis.call('HINCRBY', users, user, known and 0 or 1))
  if count > 1 then
)lua";
inline constexpr char presence_enter_end[] = R"lua(
    count = living(user, count)
  end
  if count == 1 then first = 1 end
end
keep()
reap()
return {first, departed}
)lua";

inline constexpr char presence_leave[] = R"lua(
local last = take_out(ARGV[4])
reap(last)
return {last and 1 or 0, departed}
)lua";

inline constexpr char presence_refresh_script[] = R"lua(
local missing = {}
for i = 4, #ARGV do
  if redis.call('HEXISTS', clients, ARGV[i]) == 1 then
    redis.call('ZADD', expires, now + lifetime, ARGV[i])
  else
    missing[#missing + 1] = ARGV[i]
  end
end
keep()
reap()
return {departed, missing}
)lua";

// Changes nothing, so that reading is cheap and may go to a replica.
inline constexpr char presence_read[] = R"lua(
local limit = tonumber(ARGV[1])
local user_count = by_living and 0 or redis.call('HLEN', users)
for user, n in pairs(counted) do
  if by_living then
    if user ~= '' then user_count = user_count + 1 end
  elseif user ~= '' and tonumber(redis.call('HGET', users, user) or 0) <= n then
    user_count = user_count - 1
  end
end
local who, crowd, seen, cursor = {}, {}, {}, '0'
if limit == 0 then return {live, user_count, who, crowd} end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', expires, fresh, '+inf', 'LIMIT', 0, limit)) do
  who[#who + 1] = id
  who[#who + 1] = redis.call('HGET', clients, id) or 'null\n'
end
if by_living then
  for user, n in pairs(counted) do
    if user ~= '' and #crowd < 2 * limit then
      crowd[#crowd + 1] = user
      crowd[#crowd + 1] = n
    end
  end
  return {live, user_count, who, crowd}
end
repeat
  local page = redis.call('HSCAN', users, cursor, 'COUNT', limit)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    local user = page[2][i]
    local n = living(user, tonumber(page[2][i + 1]))
    if n > 0 and not seen[user] and #crowd < 2 * limit then
      seen[user] = true
      crowd[#crowd + 1] = user
      crowd[#crowd + 1] = n
    end
  end
until cursor == '0' or #crowd >= 2 * limit
return {live, user_count, who, crowd}
)lua";

// A script, and its name in Redis' cache once Redis has told it.
struct presence_script {
    std::string text;
    std::string sha{};
    bool asked = false;
};

using presence_reply = std::function<void(error_code, const redis_value&)>;
using presence_words = std::vector<std::string>;

inline std::vector<std::string> texts_of(const redis_value& list)
{
    std::vector<std::string> all;
    all.reserve(list.size());
    for (std::size_t i = 0; i != list.size(); ++i)
        all.emplace_back(list[i].text());
    return all;
}

inline presence_client client_of(std::string_view id, std::string_view entry)
{
    presence_client one{std::string{id}};
    const auto end = std::min(entry.find('\n'), entry.size());
    std::string why;
    one.info = parse_json(entry.substr(0, end), 32, {}, why);
    one.user_id = entry.substr(std::min(end + 1, entry.size()));
    return one;
}

inline presence_list list_of(const redis_value& reply)
{
    presence_list all;
    all.client_count = static_cast<std::size_t>(std::max<std::int64_t>(0, reply[0].integer()));
    all.user_count = static_cast<std::size_t>(std::max<std::int64_t>(0, reply[1].integer()));
    for (std::size_t i = 0; i + 1 < reply[2].size(); i += 2)
        all.clients.push_back(client_of(reply[2][i].text(), reply[2][i + 1].text()));
    for (std::size_t i = 0; i + 1 < reply[3].size(); i += 2)
        all.users.push_back(
            {std::string{reply[3][i].text()}, static_cast<std::size_t>(reply[3][i + 1].integer())});
    return all;
}

} // namespace detail

struct redis_presence::state : std::enable_shared_from_this<state> {
    state(redis_client c, redis_presence_options o)
        : client{std::move(c)}, options{std::move(o)}, token{detail::random_token(9)}
    {
        using namespace detail;
        const std::string begin = presence_prologue;
        enter.text = begin + presence_changes + presence_enter_begin + presence_living + presence_enter_end;
        leave.text = begin + presence_changes + presence_leave;
        refresh.text = begin + presence_changes + presence_refresh_script;
        read.text = begin + presence_living + presence_read;
    }

    detail::presence_words keys(std::string_view room) const
    {
        const auto base = options.prefix + "presence:{" + std::string{room} + "}:";
        return {"5", base + "expires", base + "clients", base + "users", base + "awake", base + "told"};
    }

    // By its name, or by its text where Redis may not know it. Of `words` the first two places are for those.
    void run(detail::presence_script& script, std::shared_ptr<detail::presence_words> words,
             detail::presence_reply handler)
    {
        bool by_text = false;
        bool ask = false;
        {
            const std::lock_guard lock{mutex};
            by_text = script.sha.empty();
            ask = by_text && !std::exchange(script.asked, true);
            (*words)[0] = by_text ? "EVAL" : "EVALSHA";
            (*words)[1] = by_text ? script.text : script.sha;
        }
        if (ask)
            learn(script);
        send(words, [self = shared_from_this(), &script, words, by_text,
                     handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
            if (by_text || ec != error::redis_failed || !reply.text().starts_with("NOSCRIPT"))
                return handler(ec, reply);
            (*words)[0] = "EVAL";
            (*words)[1] = script.text;
            self->send(words, handler);
        });
    }

    void learn(detail::presence_script& script)
    {
        client.command({"SCRIPT", "LOAD", script.text},
                       [self = shared_from_this(), &script](error_code ec, const detail::redis_value& reply) {
                           const std::lock_guard lock{self->mutex};
                           if (ec)
                               script.asked = false;
                           else
                               script.sha = reply.text();
                       });
    }

    void send(const std::shared_ptr<detail::presence_words>& words, detail::presence_reply handler)
    {
        const std::vector<std::string_view> views{words->begin(), words->end()};
        client.command(views, std::move(handler));
    }

    // A script that changes a room. If its answer is lost, the next one for the room asks for what it would have told.
    void change(detail::presence_script& script, std::string_view room, detail::presence_words arguments,
                detail::presence_reply handler)
    {
        const auto words = std::make_shared<detail::presence_words>(2);
        for (auto& key : keys(room))
            words->push_back(std::move(key));
        std::string name{room};
        const bool again = forget(name);
        for (auto& one : {std::to_string(options.lifetime.count()), token, std::string{again ? "1" : "0"}})
            words->push_back(one);
        std::move(arguments.begin(), arguments.end(), std::back_inserter(*words));
        run(script, words,
            [self = shared_from_this(), name = std::move(name), again,
             handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                if (!ec && !reply.is_array())
                    ec = error::redis_failed;
                if (ec == error::delivery_unknown || (ec && again))
                    self->remember(name);
                handler(ec, reply);
            });
    }

    bool forget(const std::string& room)
    {
        const std::lock_guard lock{mutex};
        return uncertain.erase(room) != 0;
    }
    void remember(const std::string& room)
    {
        const std::lock_guard lock{mutex};
        uncertain.insert(room);
    }

    redis_client client;
    const redis_presence_options options;
    const std::string token; // who was told
    detail::presence_script enter, leave, refresh, read;
    std::mutex mutex;
    std::set<std::string> uncertain; // rooms with a lost answer
};

FANFARE_DECL redis_presence::redis_presence(redis_client client, redis_presence_options options)
{
    using namespace std::chrono_literals;
    if (options.lifetime < 100ms || options.lifetime > 24h)
        throw boost::system::system_error{error::invalid_config, "redis_presence_options::lifetime"};
    state_ = std::make_shared<state>(std::move(client), std::move(options));
}

FANFARE_DECL void redis_presence::async_enter(std::string_view room, const presence_client& client,
                                              presence_changed handler)
{
    std::string info;
    detail::append_json(info, client.info);
    state_->change(state_->enter, room, {client.connection_id, client.user_id, std::move(info)},
                   [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                       if (ec)
                           return handler(ec, {});
                       handler({},
                               {.first_of_user = reply[0].integer() == 1, .departed = detail::texts_of(reply[1])});
                   });
}

FANFARE_DECL void redis_presence::async_leave(std::string_view room, std::string_view connection_id,
                                              presence_changed handler)
{
    state_->change(state_->leave, room, {std::string{connection_id}},
                   [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                       if (ec)
                           return handler(ec, {});
                       handler({},
                               {.last_of_user = reply[0].integer() == 1, .departed = detail::texts_of(reply[1])});
                   });
}

// One command a room, or several where there are many connections: a script must not block Redis for long.
FANFARE_DECL void redis_presence::async_refresh(const std::vector<presence_entries>& entries,
                                                presence_refreshed handler)
{
    constexpr std::size_t most = 500;
    struct gathering { // only on the client's strand
        std::size_t waiting = 0;
        error_code failed{};
        presence_refresh answer{};
        presence_refreshed handler;
    };
    const auto all = std::make_shared<gathering>();
    all->handler = std::move(handler);
    for (const auto& one : entries)
        all->waiting += (one.connection_ids.size() + most - 1) / most;
    if (all->waiting == 0)
        return all->handler({}, {});
    for (const auto& [room, ids] : entries)
        for (std::size_t from = 0; from < ids.size(); from += most) {
            const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
            const auto end = begin + static_cast<std::ptrdiff_t>(std::min(most, ids.size() - from));
            state_->change(state_->refresh, room, {begin, end},
                           [all, name = room](error_code ec, const detail::redis_value& reply) {
                               if (ec)
                                   all->failed = ec;
                               else {
                                   for (auto& user : detail::texts_of(reply[0]))
                                       all->answer.departed.push_back({name, std::move(user)});
                                   if (auto missing = detail::texts_of(reply[1]); !missing.empty())
                                       all->answer.missing.push_back({name, std::move(missing)});
                               }
                               if (--all->waiting == 0)
                                   all->handler(all->failed, std::move(all->answer));
                           });
        }
}

FANFARE_DECL void redis_presence::async_read(std::string_view room, std::size_t limit, presence_was_read handler)
{
    constexpr std::size_t most = 10'000;
    const auto words = std::make_shared<detail::presence_words>(2);
    for (auto& key : state_->keys(room))
        words->push_back(std::move(key));
    words->push_back(std::to_string(std::min(limit, most)));
    state_->run(state_->read, words,
                [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                    if (!ec && reply.size() != 4)
                        ec = error::redis_failed;
                    handler(ec, ec ? presence_list{} : detail::list_of(reply));
                });
}

FANFARE_DECL std::chrono::milliseconds redis_presence::lifetime() const noexcept
{
    return state_->options.lifetime;
}

} // namespace fanfare

#endif
