"""The steps that must happen together or not at all, as scripts that Redis runs.

Each begins with `#!lua`: then a full Redis refuses the script before its first command. Without that line a script that
has begun with a command that needs no memory, as an acknowledgement, goes on and writes beyond the limit. Those that
free memory, or need none, run in a full Redis too (`allow-oom`): they are what makes room.
"""

from __future__ import annotations

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
