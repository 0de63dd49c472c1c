#!lua
-- Write the outputs of an entry and acknowledge it, if it is still to be finished.
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
--   8.. the outputs
-- Reply: 1, or 0 if the entry was not pending in the group: then nothing was written.
local input, output, dead_letters = KEYS[1], KEYS[2], KEYS[3]
local group, entry_id, consumer, delete_input = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local most_outputs, most_dead_letters, dead_because = ARGV[5], ARGV[6], ARGV[7]
local FIRST_OUTPUT = 8

local function body_of_entry()
  local entry = redis.call('XRANGE', input, entry_id, entry_id)[1]
  local fields = entry and entry[2] or {}
  for i = 1, #fields, 2 do
    if fields[i] == 'message' then return fields[i + 1] end
  end
  return ''
end

if redis.call('XACK', input, group, entry_id) == 0 then return 0 end
if dead_because ~= '' then
  redis.call('XADD', dead_letters, 'MAXLEN', '~', most_dead_letters, '*',
    'message', body_of_entry(), 'error', dead_because, 'entry', entry_id, 'consumer', consumer)
end
for i = FIRST_OUTPUT, #ARGV do
  if most_outputs == '0' then
    redis.call('XADD', output, '*', 'message', ARGV[i])
  else
    redis.call('XADD', output, 'MAXLEN', '~', most_outputs, '*', 'message', ARGV[i])
  end
end
if delete_input then redis.call('XDEL', input, entry_id) end
return 1
