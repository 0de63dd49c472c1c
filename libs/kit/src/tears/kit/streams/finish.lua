#!lua
-- Write the outputs of an entry and acknowledge it, if it is still to be finished.
--
-- A script that fails half way keeps what it has changed. So this one checks everything before its first change: an entry
-- that was acknowledged without its output would be lost, and one that was not deleted would fill the stream for good.
--
-- Keys: input stream, output stream, stream of dead letters.
-- Arguments:
--   1   consumer group
--   2   id of the entry
--   3   name of the consumer; the dead letter names it
--   4   '1' to delete the entry from the input stream
--   5   trim the output stream to about this many entries; '0' never trims it
--   6   trim the stream of dead letters to about this many entries
--   7   why the entry is dead; '' if it is not
--   8   id of the entry that must be directly before this one, or the outputs are wrong; '' if that does not matter
--   9.. the outputs
-- Reply: two numbers. The first is 1; 2 if the dead letter could not be written, and everything else was; 0 if the entry
--   was not pending in the group; or 3 if another entry is before it: with 0 and 3, nothing was written. The second is how
--   many entries the output stream has now. The error WRONGTYPE or NOPERM says why nothing was changed.
local input, output, dead_letters = KEYS[1], KEYS[2], KEYS[3]
local group, entry_id, consumer, delete_input = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local most_outputs, most_dead_letters, dead_because, predecessor = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local FIRST_OUTPUT = 9

local function body_of_entry()
  local entry = redis.call('XRANGE', input, entry_id, entry_id)[1]
  local fields = entry and entry[2] or {}
  for i = 1, #fields, 2 do
    if fields[i] == 'message' then return fields[i + 1] end
  end
  return ''
end

local function is_pending()
  local pending = redis.pcall('XPENDING', input, group, entry_id, entry_id, 1)
  -- An error means that the stream or its group is gone, and the entry with it.
  return not pending.err and #pending > 0
end

local function follows(id)
  local before = redis.call('XREVRANGE', input, '(' .. entry_id, id, 'COUNT', 2)
  return #before == 1 and before[1][1] == id
end

local function replied(result)
  local length = redis.pcall('XLEN', output)
  return { result, type(length) == 'number' and length or 0 }
end

local function fault_of(key)
  -- A user who may not ask for the type finds it out below.
  local key_type = redis.pcall('TYPE', key).ok or 'none'
  if key_type ~= 'stream' and key_type ~= 'none' then
    return 'WRONGTYPE ' .. key .. ' is a ' .. key_type .. ' and not a stream; delete or rename it, or nothing goes on'
  end
  if not redis.acl_check_cmd('XADD', key, '*', 'message', '') then
    return 'NOPERM the Redis user may not write ' .. key .. '; allow it XADD there'
  end
end

if not is_pending() then return replied(0) end
if predecessor ~= '' and not follows(predecessor) then return replied(3) end
local fault = #ARGV >= FIRST_OUTPUT and fault_of(output)
if not fault and not redis.acl_check_cmd('XACK', input, group, entry_id) then
  fault = 'NOPERM the Redis user may not acknowledge entries of ' .. input .. '; allow it XACK there'
elseif not fault and delete_input and not redis.acl_check_cmd('XDEL', input, entry_id) then
  fault = 'NOPERM the Redis user may not delete entries of ' .. input .. '; allow it XDEL there'
end
if fault then return redis.error_reply(fault) end

for i = FIRST_OUTPUT, #ARGV do
  if most_outputs == '0' then
    redis.call('XADD', output, '*', 'message', ARGV[i])
  else
    redis.call('XADD', output, 'MAXLEN', '~', most_outputs, '*', 'message', ARGV[i])
  end
end
local result = 1
if dead_because ~= '' then
  -- No dead letter is worth more than the tombstone that has just been written.
  local written = redis.pcall('XADD', dead_letters, 'MAXLEN', '~', most_dead_letters, '*',
    'message', body_of_entry(), 'error', dead_because, 'entry', entry_id, 'consumer', consumer)
  if type(written) == 'table' and written.err then result = 2 end
end
redis.call('XACK', input, group, entry_id)
if delete_input then redis.call('XDEL', input, entry_id) end
return replied(result)
