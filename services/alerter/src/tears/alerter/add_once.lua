#!lua
-- Add an entry to a stream, if an entry with the same mark has not been added before.
--
-- The entry comes first: if it cannot be added, there is no mark, and the next call tries again.
--
-- Keys: stream, mark.
-- Arguments:
--   1   the message
--   2   trim the stream to about this many entries
--   3   for how many seconds the mark is remembered
-- Reply: 1, or 0 if the entry had been added before.
local stream, mark = KEYS[1], KEYS[2]
local message, most_entries, mark_seconds = ARGV[1], ARGV[2], ARGV[3]

if redis.call('EXISTS', mark) == 1 then return 0 end
if not redis.acl_check_cmd('SET', mark, '1', 'EX', mark_seconds) then
  return redis.error_reply('NOPERM the Redis user may not write ' .. mark .. '; allow it SET there')
end
redis.call('XADD', stream, 'MAXLEN', '~', most_entries, '*', 'message', message)
redis.call('SET', mark, '1', 'EX', mark_seconds)
return 1
