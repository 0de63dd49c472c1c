#!lua flags=allow-oom
-- Make a consumer group from the beginning of a stream, and the stream too if it does not exist.
--
-- Redis refuses the plain command while its memory is full. But in a Redis that is full of unread entries, only a group can
-- make room again.
--
-- Keys: the stream.
-- Arguments:
--   1 consumer group
-- Reply: 1, or 0 if the group existed.
local stream, group = KEYS[1], ARGV[1]

local made = redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
if made.err and made.err:find('BUSYGROUP', 1, true) then return 0 end
if made.err then return redis.error_reply(made.err) end
return 1
