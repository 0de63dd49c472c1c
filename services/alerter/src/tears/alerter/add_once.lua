#!lua
-- Add an entry to a stream, if an entry with the same mark has not been added before.
--
-- Keys: stream, mark.
-- Arguments:
--   1   the message
--   2   trim the stream to about this many entries
--   3   for how many seconds the mark is remembered
-- Reply: 1, or 0 if the entry had been added before.
local stream, mark = KEYS[1], KEYS[2]
local message, most_entries, mark_seconds = ARGV[1], ARGV[2], ARGV[3]

if not redis.call('SET', mark, '1', 'NX', 'EX', mark_seconds) then return 0 end
redis.call('XADD', stream, 'MAXLEN', '~', most_entries, '*', 'message', message)
return 1
