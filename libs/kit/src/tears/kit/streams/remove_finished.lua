#!lua flags=allow-oom
-- Remove finished entries that were not deleted, from the beginning of a stream up to its first unfinished entry.
--
-- A stage that deletes what it has finished does both in one step. But entries that an older release or an operator has
-- acknowledged would otherwise stay for good, and fill the stream.
--
-- Keys: the stream.
-- Arguments:
--   1 consumer group
-- Reply: how many were removed.
local stream, group = KEYS[1], ARGV[1]

local function id_after(id)
  local milliseconds, number = id:match('(%d+)-(%d+)')
  return milliseconds .. '-' .. string.format('%.0f', tonumber(number) + 1)
end

local groups = redis.pcall('XINFO', 'GROUPS', stream)
if groups.err or #groups ~= 1 then return 0 end -- another group may still want to read them
for _, pairs_of_one in ipairs(groups) do
  local info = {}
  for i = 1, #pairs_of_one, 2 do info[pairs_of_one[i]] = pairs_of_one[i + 1] end
  if info.name == group then
    local first_unfinished = info.pending > 0 and redis.call('XPENDING', stream, group)[2]
      or id_after(info['last-delivered-id'])
    local removed = redis.pcall('XTRIM', stream, 'MINID', first_unfinished)
    return type(removed) == 'number' and removed or 0
  end
end
return 0
