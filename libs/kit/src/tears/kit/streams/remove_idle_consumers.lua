#!lua flags=allow-oom
-- Remove consumers that hold no entries and have been away for long.
--
-- Looking and removing are one step, because a consumer that is removed loses its pending entries.
--
-- Keys: the stream.
-- Arguments:
--   1 consumer group
--   2 name of the consumer that asks; it stays
--   3 how long the others must have been idle, in milliseconds
-- Reply: how many were removed.
local stream = KEYS[1]
local group, own_name, idle_milliseconds = ARGV[1], ARGV[2], tonumber(ARGV[3])

local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
if consumers.err then return 0 end
local removed = 0
for _, pairs_of_one in ipairs(consumers) do
  local consumer = {}
  for i = 1, #pairs_of_one, 2 do consumer[pairs_of_one[i]] = pairs_of_one[i + 1] end
  if consumer.name ~= own_name and consumer.pending == 0 and consumer.idle > idle_milliseconds then
    -- A user who may not do that leaves them: they cost nothing.
    local reply = redis.pcall('XGROUP', 'DELCONSUMER', stream, group, consumer.name)
    if type(reply) == 'number' then removed = removed + 1 end
  end
end
return removed
