// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_REVOCATION_SCRIPTS_HPP
#define FANFARE_DETAIL_REDIS_REVOCATION_SCRIPTS_HPP

#include <fanfare/config.hpp>

namespace fanfare::detail {

// What the keys hold: `entries` has each revocation as `BEFORE UNTIL FIELDS`, two times in milliseconds (`-` for none)
// and JSON; `numbers` sorts them by the number of their last change, `until` by the time at which they expire; `state`
// has the last number that was given, and an epoch that tells these numbers from those before the keys were lost.
//
// A number is at least the time in milliseconds. A replica that takes over may lack the last changes, and must not give
// their numbers, which hubs have read already, to others.
inline constexpr char revocation_prologue[] = R"lua(
local entries, numbers, untils, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
)lua";

// Answers the change's number; 0: it was known; -1: there are too many. What has expired is kept for five minutes, for
// the clocks of others, and then goes, a thousand at a time: all of Redis waits.
inline constexpr char revocation_add[] = R"lua(
local id, before, till, fields, limit, epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', untils, '-inf', now - 300000, 'LIMIT', 0, 1000)) do
  redis.call('HDEL', entries, old)
  redis.call('ZREM', numbers, old)
  redis.call('ZREM', untils, old)
end
local known = redis.call('HGET', entries, id)
if known then
  local b, u = string.match(known, '^(%S+) (%S+) ')
  local later = before ~= '-' and (b == '-' or tonumber(b) < tonumber(before))
  local longer = tonumber(u) < tonumber(till)
  if not later and not longer then return 0 end
  if not later then before = b end
  if not longer then till = u end
elseif redis.call('ZCARD', untils) >= limit then
  return -1
end
redis.call('HSETNX', state, 'epoch', epoch .. '-' .. t[1] .. '-' .. t[2])
local number = redis.call('HINCRBY', state, 'last', 1)
local top = tonumber(redis.call('ZREVRANGE', numbers, 0, 0, 'WITHSCORES')[2] or 0)
local least = now
if top >= least then least = top + 1 end
if number < least then
  number = least
  redis.call('HSET', state, 'last', string.format('%.0f', number))
end
redis.call('HSET', entries, id, before .. ' ' .. till .. ' ' .. fields)
redis.call('ZADD', numbers, string.format('%.0f', number), id)
redis.call('ZADD', untils, till, id)
return number
)lua";

// Answers the epoch, the last number of the page, how many follow, and the page. Changes nothing. Who has read further
// than there is has read what is lost, and begins anew.
inline constexpr char revocation_read[] = R"lua(
local epoch = redis.call('HGET', state, 'epoch') or ''
local after = epoch == ARGV[1] and ARGV[2] or '0'
local top = redis.call('ZREVRANGE', numbers, 0, 0, 'WITHSCORES')[2]
if tonumber(after) > tonumber(top or 0) then after = '0' end
local most, bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local page, size = {}, 0
local ids = redis.call('ZRANGEBYSCORE', numbers, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #ids, 2 do
  local entry = redis.call('HGET', entries, ids[i]) or ''
  page[#page + 1] = entry
  size = size + #entry
  after = ids[i + 1]
  if size >= bytes then break end
end
return {epoch, after, redis.call('ZCOUNT', numbers, '(' .. after, '+inf'), page}
)lua";

} // namespace fanfare::detail

#endif
