// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PRESENCE_SCRIPTS_HPP
#define FANFARE_DETAIL_REDIS_PRESENCE_SCRIPTS_HPP

#include <fanfare/config.hpp>

namespace fanfare::detail {

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

} // namespace fanfare::detail

#endif
