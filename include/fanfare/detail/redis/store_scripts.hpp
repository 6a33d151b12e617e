// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_STORE_SCRIPTS_HPP
#define FANFARE_DETAIL_REDIS_STORE_SCRIPTS_HPP

#include <fanfare/config.hpp>

namespace fanfare::detail {

// What a room's keys hold. `log`: a stream with the ids OFFSET-LIFE and the fields t (milliseconds), b (body), k
// (conflation key), x (except). It is cut off at its old end only, so the oldest offset follows from its length; once
// empty it stays. `meta`: epoch, top (the newest offset), time (its t, which never goes back), run (the server that
// has appended or read last), life (0; of a durable one the time when it began or noticed its last restart) and begin
// (the epoch, and the offset after which it began: not 0 where it goes on from what is left of another one).
//
// Every script first makes `epoch`, `top`, `kept` (the length of the log) and `fresh` (they must be written). Where
// log and meta do not fit each other the room begins anew. After a restart of Redis, unless it is durable, only the
// epoch is new. No write comes before the first one that Redis refuses when it has no memory left, but for `begin`.
// Numbers are doubles, so offsets end at 2^53, and are written by `text`: Lua's own way rounds them.
//
// `mend`: a Redis that died in the middle of writing a script's effects into its append-only file may leave the first
// of them there (github.com/valkey-io/valkey/pull/4342). They come to life with the next restart, ahead of whatever was
// appended meanwhile. So the place that they may have taken is written and freed, and what comes there has another id.
inline constexpr char store_prologue[] = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local log, meta = KEYS[1], KEYS[2]
local lifetime, age, most = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local function text(n) return string.format('%.0f', n) end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local known = redis.call('HMGET', meta, 'epoch', 'top', 'time', 'run', 'life', 'begin')
local epoch, top, last = known[1], tonumber(known[2] or ''), tonumber(known[3] or '')
local run, life = known[4], known[5] or '0'
local begun = known[6] or '' -- of another epoch: written by an older Fanfare, which did not know it
begun = epoch and begun:sub(1, #epoch) == epoch and tonumber(begun:sub(#epoch + 2)) or top or 0
local kept, fresh = redis.call('XLEN', log), false
local durable, refused = ARGV[5] == '1', nil
local function at_place(entry, offset)
  local start = text(offset) .. '-'
  return entry[1]:sub(1, #start) == start
end
local function place() return text(top + 1) .. '-' .. life end
-- The log's next entry. Answers the error, if there is one.
local function write(t, body, key, except)
  local id = redis.pcall('XADD', log, place(), 't', t, 'b', body, 'k', key, 'x', except)
  if type(id) == 'table' and id.err then return id end
end
local function mend()
  local existed = redis.call('EXISTS', log) == 1
  refused = write('0', '', '', '0')
  if refused then return end
  redis.call('XDEL', log, place())
  if not existed then redis.call('DEL', log) end
  life = text(math.max(tonumber(life) + 1, now))
end
local function begin()
  if redis.call('EXISTS', log) == 1 then redis.call('DEL', log) end
  epoch, top, last, kept, fresh, life, begun = ARGV[1], 0, 0, 0, true, '0', 0
  if durable then mend() end
end
local info = redis.call('INFO', 'server')
local restarted = false
if not (run and info:find('run_id:' .. run, 1, true)) then
  local present = info:match('run_id:(%x+)') or '-'
  restarted, run = run ~= present, present
end
if restarted and durable and top and last then
  local tail = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  local t = tail and at_place(tail, top + 1) and tonumber(tail[2][2])
  if t then top, last = top + 1, math.max(last, t) end
end
local whole = epoch and #epoch == 16 and top and last and top < 9007199254740991 and kept <= top
  and (kept > 0 or (redis.call('EXISTS', log) == 1) == (top > 0))
if not whole then
  begin()
elseif restarted then
  if durable then mend() else epoch, begun = ARGV[1], top end
  fresh = not refused
end
if now < last then now = last end

local function time_of(offset)
  local entry = redis.call('XRANGE', log, text(offset), text(offset))[1]
  return entry and tonumber(entry[2][2])
end
-- The oldest offset that the limits leave; top + 1 for none, nil if the log is not what it should be.
local function oldest()
  local first = top - kept + 1
  if first <= top - most then first = top - most + 1 end
  if age == 0 or first > top then return first end
  local t = time_of(first)
  if not t then return nil end
  if t > now - age then return first end
  local dead, alive = first, top + 1
  while alive - dead > 1 do
    local middle = math.floor((dead + alive) / 2)
    t = time_of(middle)
    if not t then return nil end
    if t > now - age then alive = middle else dead = middle end
  end
  return alive
end
local function remember()
  redis.call('HSET', meta, 'epoch', epoch, 'top', text(top), 'time', text(last), 'run', run, 'life', life,
    'begin', epoch .. ' ' .. text(begun))
end
local function keep()
  redis.call('PEXPIRE', meta, lifetime)
  redis.call('PEXPIRE', log, lifetime)
end
)lua";

// ARGV: 6 body, 7 conflation key, 8 except, 9 idempotency window, 10 channel or empty. KEYS[3]: the idempotency key.
// Answers epoch, offset, whether it is a duplicate, and who was sent it; -1 if it was not published.
//
// XADD tells whether the log is ahead of meta; of a log that has holes only the new message is left. A step trims ten
// thousand messages at most; reads do not show the rest. PUBLISH is the last thing: if Redis does not permit it, the
// message is stored, and the hub may try it on its bus.
inline constexpr char store_append[] = R"lua(
if KEYS[3] then
  local first_epoch, first_offset, its_life = (redis.call('GET', KEYS[3]) or ''):match('^(%x+) (%d+)-(%d+)$')
  local there = first_epoch == epoch and redis.call('XRANGE', log, first_offset, first_offset)[1]
  if first_epoch and not (there and there[1] ~= first_offset .. '-' .. its_life) then
    return {first_epoch, first_offset, 1, -1}
  end
end
if refused then return refused end
local function add() return write(text(now), ARGV[6], ARGV[7], ARGV[8]) end
local failed = add()
if failed and failed.err:find('equal or smaller', 1, true) then
  begin()
  failed = add()
end
if failed then return failed end
top, kept, last = top + 1, kept + 1, now
remember()
local first = oldest() or top
local excess = math.min(kept - (top - first + 1), 10000)
if excess > 0 then redis.call('XTRIM', log, 'MAXLEN', text(kept - excess)) end
keep()
local offset = text(top)
if KEYS[3] then redis.call('SET', KEYS[3], epoch .. ' ' .. offset .. '-' .. life, 'PX', ARGV[9]) end
if ARGV[10] == '' then return {epoch, offset, 0, -1} end
local body = ARGV[6]
local sent = redis.pcall('PUBLISH', ARGV[10],
  'F2 r ' .. ARGV[8] .. ' ' .. #ARGV[7] .. ' ' .. epoch .. ' ' .. offset .. '\n' .. ARGV[7] .. body:sub(1, -2) ..
  (#body > 2 and ',' or '') .. '"offset":' .. offset .. ',"epoch":"' .. epoch .. '"}')
return {epoch, offset, 0, type(sent) == 'number' and sent or -1}
)lua";

// ARGV: 6 from, 7 limit, 8 whether newest first, 9 bytes. Answers epoch, top, the oldest offset, the offset of the
// first message of the page, that after which the epoch began, and body, key and except of each message. It asks for no
// more entries at once than will fit, as far as those before them tell.
inline constexpr char store_read[] = R"lua(
local limit, newest, room_left = tonumber(ARGV[7]), ARGV[8] == '1', tonumber(ARGV[9])
local first = oldest()
if not first then
  begin()
  first = 1
end
local from = math.min(tonumber(ARGV[6]), top + 1)
local at, to, step, command = math.max(first, from + 1), top, 1, 'XRANGE'
if newest then at, to, step, command = from == 0 and top or from - 1, first, -1, 'XREVRANGE' end
local page, read, used = {'', '', '', text(at), ''}, 0, 0
while read < limit and (to - at) * step >= 0 do
  local due = 1
  if read > 0 then
    due = math.min(32, limit - read, (to - at) * step + 1)
    due = math.max(1, math.min(due, math.floor((room_left - used) * read / math.max(used, 1))))
  end
  local entries = redis.call(command, log, text(at), text(to), 'COUNT', due)
  for i = 1, due do
    local entry = entries[i]
    if not entry or not at_place(entry, at) or #entry[2] ~= 8 then
      begin()
      page, first, limit = {'', '', '', '0', ''}, 1, 0
      break
    end
    local fields = entry[2]
    used = used + #fields[4] + #fields[6]
    if used > room_left and read > 0 then
      limit = 0
      break
    end
    page[#page + 1], page[#page + 2], page[#page + 3] = fields[4], fields[6], fields[8]
    read, at = read + 1, at + step
  end
end
if fresh then remember() end
keep()
page[1], page[2], page[3], page[5] = epoch, text(top), text(first), text(begun)
return page
)lua";

} // namespace fanfare::detail

#endif
