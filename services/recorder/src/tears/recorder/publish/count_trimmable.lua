#!lua flags=allow-oom
-- Count the oldest entries that are finished and that no window looks back on.
--
-- Keys: the stream.
-- Arguments:
--   1 the preprocessor's consumer group
--   2 how many entries to keep before the oldest unfinished one
--   3 count no more than this many
-- Reply: how many of the oldest entries may be trimmed; 0 while there is no such group.
local stream = KEYS[1]
local group, look_back, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if redis.call('EXISTS', stream) == 0 then return 0 end
for _, pairs_of_one in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local info = {}
  for i = 1, #pairs_of_one, 2 do info[pairs_of_one[i]] = pairs_of_one[i + 1] end
  if info.name == group then
    -- Up to the last entry that was drawn, or before the oldest that is pending.
    local newest = info.pending > 0 and '(' .. redis.call('XPENDING', stream, group)[2] or info['last-delivered-id']
    local finished = redis.call('XRANGE', stream, '-', newest, 'COUNT', most + look_back)
    return math.max(0, #finished - look_back)
  end
end
return 0
