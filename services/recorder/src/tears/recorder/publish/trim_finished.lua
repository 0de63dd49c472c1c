#!lua flags=allow-oom
-- Free memory in a full Redis: trim chunks that are finished and that no window looks back on.
--
-- Keys: the stream.
-- Arguments:
--   1 the preprocessor's consumer group
--   2 how many entries (1 or more) to keep before the oldest unfinished one
-- Reply: how many entries were trimmed; 0 if this user may not ask what is finished.
local stream = KEYS[1]
local group, look_back = ARGV[1], tonumber(ARGV[2])

if redis.call('EXISTS', stream) == 0 then return 0 end
-- The newest entry to keep for certain, and how many to keep up to it.
local newest_id, keep
local groups = redis.pcall('XINFO', 'GROUPS', stream)
if groups.err then return 0 end
for _, pairs_of_one in ipairs(groups) do
  local info = {}
  for i = 1, #pairs_of_one, 2 do info[pairs_of_one[i]] = pairs_of_one[i + 1] end
  if info.name == group then
    if info.pending > 0 then
      newest_id, keep = redis.call('XPENDING', stream, group)[2], look_back + 1
    else
      newest_id, keep = info['last-delivered-id'], look_back
    end
  end
end
if not newest_id then return 0 end
local kept = redis.call('XREVRANGE', stream, newest_id, '-', 'COUNT', keep)
if #kept < keep then return 0 end
return redis.call('XTRIM', stream, 'MINID', kept[keep][1])
