#!lua flags=no-writes
-- Return the newest entries between two, the newest first; nil if the first of the two is no longer there, because the
-- stream was deleted or Redis has lost it. It only reads, so it may run in a full Redis.
local stream = KEYS[1]
local known, until_entry, most = ARGV[1], ARGV[2], ARGV[3]
if #redis.call('XRANGE', stream, known, known) == 0 then return false end
return redis.call('XREVRANGE', stream, '(' .. until_entry, '(' .. known, 'COUNT', most)
