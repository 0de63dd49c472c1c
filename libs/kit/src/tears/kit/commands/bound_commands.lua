#!lua flags=allow-oom
-- Delete the oldest entries of the stream of commands beyond a number, and those that are too long for a command. It frees
-- memory, so it may run in a full Redis.
--
-- Keys: the stream.
-- Arguments:
--   1 how many entries to keep
--   2 how long the fields of an entry may be, in bytes, with their names
-- Reply: how many entries were deleted.
local stream = KEYS[1]
local most_entries, most_bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local gone = redis.call('XTRIM', stream, 'MAXLEN', most_entries)
local position = '-'
while true do
  -- One after another, because nobody knows how long they are.
  local entries = redis.pcall('XRANGE', stream, position, '+', 'COUNT', 1)
  if entries.err or #entries == 0 then break end
  local entry_id, fields = entries[1][1], entries[1][2]
  local bytes = 0
  for i = 1, #fields do bytes = bytes + #fields[i] end
  if bytes > most_bytes then gone = gone + redis.call('XDEL', stream, entry_id) end
  position = '(' .. entry_id
end
return gone
