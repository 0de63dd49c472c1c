"""The steps that must happen together or not at all, as scripts that Redis runs.

Each begins with `#!lua`: then a full Redis refuses the script before its first command. Without that line a script that
has begun with a command that needs no memory, as an acknowledgement, goes on and writes beyond the limit. Those that
free memory, or need none, run in a full Redis too (`allow-oom`): they are what makes room.
"""

from __future__ import annotations

# Output and acknowledgement in one step; the output only if the entry was still to be finished.
# KEYS: input, output, dead. ARGV: group, entry id, delete input (0/1), most output entries (0: any), most dead entries,
# error ("" if none), consumer, outputs...
_FINISH = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
if ARGV[6] ~= '' then
  local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
  local body = ''
  if entry[1] then
    for i = 1, #entry[1][2], 2 do
      if entry[1][2][i] == 'message' then body = entry[1][2][i + 1] end
    end
  end
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*',
    'message', body, 'error', ARGV[6], 'entry', ARGV[2], 'consumer', ARGV[7])
end
for i = 8, #ARGV do
  if ARGV[4] == '0' then
    redis.call('XADD', KEYS[2], '*', 'message', ARGV[i])
  else
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'message', ARGV[i])
  end
end
if ARGV[3] == '1' then redis.call('XDEL', KEYS[1], ARGV[2]) end
return 1
"""
FINISH = "#!lua" + _FINISH
# For stages whose input is deleted, and is larger than the output.
FINISH_AND_DELETE = "#!lua flags=allow-oom" + _FINISH

# Keeps entries from being claimed by others, as far as they are still this consumer's. Not XCLAIM alone: that would
# take entries back from whoever has claimed them, and forget one that was trimmed while its output is being made.
# KEYS: stream. ARGV: group, consumer, new count of deliveries ("": as it is), entry ids...
HOLD = """#!lua flags=allow-oom
for i = 4, #ARGV do
  local id = ARGV[i]
  local ours = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])
  if #ours > 0 and #redis.call('XRANGE', KEYS[1], id, id) > 0 then
    if ARGV[3] == '' then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
    else
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'RETRYCOUNT', ARGV[3], 'JUSTID')
    end
  end
end
"""

# Removes consumers that hold nothing and have been away for long; in one step, since a consumer removed with
# something in hand takes it along.
# KEYS: stream. ARGV: group, own name, idle milliseconds.
REMOVE_IDLE_CONSUMERS = """#!lua flags=allow-oom
local removed = 0
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return 0 end
for _, info in ipairs(consumers) do
  local fields = {}
  for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
  if fields['name'] ~= ARGV[2] and fields['pending'] == 0 and fields['idle'] > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], fields['name'])
    removed = removed + 1
  end
end
return removed
"""

# Publishes a chunk under a lease on the microphone's name, and trims the stream by length; counts what is trimmed
# before its group has drawn it. Who gives the id of the entry that it takes for the stream's last learns here that the
# stream was wiped, restored from an older copy, or written meanwhile, be it by a call of its own that it had given up:
# nothing is published then.
# KEYS: lease, stream, mics. ARGV: owner, lease milliseconds, body, most entries, group, mic, registry record,
# id of the last entry ('0-0': there is none; '': publish behind whatever there is).
# Returns {"OK", trimmed unread, id of the new entry} or {"TAKEN", owner} or {"MOVED"}.
PUBLISH = """#!lua
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {'TAKEN', holder} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[8] ~= '' then
  local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  if (last and last[1] or '0-0') ~= ARGV[8] then return {'MOVED'} end
end
redis.call('HSET', KEYS[3], ARGV[6], ARGV[7])
local id = redis.call('XADD', KEYS[2], '*', 'message', ARGV[3])
local surplus = redis.call('XLEN', KEYS[2]) - tonumber(ARGV[4])
if surplus <= 0 then return {'OK', 0, id} end
local read = '0-0'
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
  local fields = {}
  for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
  if fields['name'] == ARGV[5] then read = fields['last-delivered-id'] end
end
local function split(id) local a, b = id:match('(%d+)-(%d+)'); return tonumber(a), tonumber(b) end
local read_ms, read_seq = split(read)
local unread = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', surplus)) do
  local ms, seq = split(entry[1])
  if ms > read_ms or (ms == read_ms and seq > read_seq) then unread = unread + 1 end
end
redis.call('XTRIM', KEYS[2], 'MAXLEN', tonumber(ARGV[4]))
return {'OK', unread, id}
"""

# Renews a lease, or gives it up.
# KEYS: lease. ARGV: owner, milliseconds (0: give up). Returns 1 if it was ours.
LEASE = """#!lua flags=allow-oom
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
"""

# Gives memory back when Redis is full: trims what has been read and finished, down to what windows still look back on.
# KEYS: stream. ARGV: group, entries (1 or more) to keep behind the oldest unfinished one. Returns how many went.
SHED = """#!lua flags=allow-oom
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local oldest, keep
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local fields = {}
  for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
  if fields['name'] == ARGV[1] then
    if fields['pending'] > 0 then
      oldest, keep = redis.call('XPENDING', KEYS[1], ARGV[1])[2], ARGV[2] + 1
    else
      oldest, keep = fields['last-delivered-id'], ARGV[2] + 0
    end
  end
end
if not oldest then return 0 end
local kept = redis.call('XREVRANGE', KEYS[1], oldest, '-', 'COUNT', keep)
if #kept < keep then return 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', kept[keep][1])
"""

# Adds an entry once per name, whoever repeats it.
# KEYS: stream, mark. ARGV: body, most entries, seconds for which the mark is kept. Returns 1 if added.
ADD_ONCE = """#!lua
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'message', ARGV[1])
return 1
"""
