// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_INBOX_SCRIPTS_HPP
#define FANFARE_DETAIL_REDIS_INBOX_SCRIPTS_HPP

#include <fanfare/config.hpp>

namespace fanfare::detail {

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

} // namespace fanfare::detail

#endif
