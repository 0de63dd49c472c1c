#!lua
-- Publish a chunk under the lease on the microphone's name, and trim the stream by length.
--
-- The caller gives the id of the entry that it believes to be the stream's last. If the stream ends with another entry, it was
-- wiped, restored from an older copy, or written meanwhile, perhaps by a call that the caller had given up: then nothing
-- is published.
--
-- A script that fails half way keeps what it has changed. So this one checks everything before its first change: a registry that
-- says that a microphone is heard, while none of its chunks can be published, would be wrong.
--
-- Keys: the lease, the stream, the registry of microphones.
-- Arguments:
--   1 owner of the lease
--   2 how long the lease lasts, in milliseconds
--   3 the chunk
--   4 trim the stream to this many entries
--   5 the preprocessor's consumer group
--   6 name of the microphone
--   7 the microphone's record for the registry
--   8 id of the stream's last entry; '0-0' if there is none; '' publishes after any entry
-- Reply: {'OK', how many entries were trimmed before the group had drawn them, id of the new entry},
--   or {'TAKEN', owner of the lease} or {'MOVED'}: nothing was published. The error WRONGTYPE or NOPERM names the key that
--   must be mended.
local lease, stream, mics = KEYS[1], KEYS[2], KEYS[3]
local owner, lease_milliseconds, chunk, most_entries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local group, mic, record, expected_last_id = ARGV[5], ARGV[6], ARGV[7], ARGV[8]

-- The last entry that the group has drawn; nil if this user may not ask: a count must not keep a chunk from being published.
local function last_drawn_id()
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if groups.err then return nil end
  for _, pairs_of_one in ipairs(groups) do
    local info = {}
    for i = 1, #pairs_of_one, 2 do info[pairs_of_one[i]] = pairs_of_one[i + 1] end
    if info.name == group then return info['last-delivered-id'] end
  end
  return '0-0'
end

local function fault_of(key, wanted_type, ...)
  -- A user who may not ask for the type finds it out below.
  local key_type = redis.pcall('TYPE', key).ok or 'none'
  if key_type ~= wanted_type and key_type ~= 'none' then
    return 'WRONGTYPE ' .. key .. ' is a ' .. key_type .. ' and not a ' .. wanted_type .. '; delete or rename it'
  end
  if not redis.acl_check_cmd(...) then
    return 'NOPERM the Redis user may not write ' .. key .. '; allow it ' .. select(1, ...) .. ' there'
  end
end

local function split_id(id)
  local milliseconds, number = id:match('(%d+)-(%d+)')
  return tonumber(milliseconds), tonumber(number)
end

local fault = fault_of(lease, 'string', 'SET', lease, owner)
  or fault_of(stream, 'stream', 'XADD', stream, '*', 'message', '')
  or fault_of(mics, 'hash', 'HSET', mics, mic, record)
if fault then return redis.error_reply(fault) end
local holder = redis.call('GET', lease)
if holder and holder ~= owner then return {'TAKEN', holder} end
redis.call('SET', lease, owner, 'PX', lease_milliseconds)
if expected_last_id ~= '' then
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if (last and last[1] or '0-0') ~= expected_last_id then return {'MOVED'} end
end
-- It comes before the record, because a stream that has given its highest possible id refuses it.
local new_id = redis.call('XADD', stream, '*', 'message', chunk)
redis.call('HSET', mics, mic, record)

local surplus = redis.call('XLEN', stream) - most_entries
if surplus <= 0 then return {'OK', 0, new_id} end
local drawn_id = last_drawn_id()
local drawn_milliseconds, drawn_number = split_id(drawn_id or '0-0')
local trimmed_unread = 0
for _, entry in ipairs(drawn_id and redis.call('XRANGE', stream, '-', '+', 'COUNT', surplus) or {}) do
  local milliseconds, number = split_id(entry[1])
  if milliseconds > drawn_milliseconds or (milliseconds == drawn_milliseconds and number > drawn_number) then
    trimmed_unread = trimmed_unread + 1
  end
end
redis.call('XTRIM', stream, 'MAXLEN', most_entries)
return {'OK', trimmed_unread, new_id}
