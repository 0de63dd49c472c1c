#!lua flags=allow-oom
-- Let the idle time of pending entries begin now if it lies in the future, because the machine's clock was set back.
--
-- Redis measures idle times with the wall clock, and an entry that was delivered "in an hour" could not be claimed from a dead
-- consumer for that hour. Redis shows its idle time as 0. An entry that was delivered in this very millisecond shows the
-- same, and to restamp it changes nothing. Each entry stays with its consumer.
--
-- Keys: the stream.
-- Arguments:
--   1 consumer group
-- Reply: nothing.
local stream, group = KEYS[1], ARGV[1]
local PAGE = 100

local after = '-'
repeat
  local page = redis.call('XPENDING', stream, group, after, '+', PAGE)
  for _, row in ipairs(page) do
    local id, consumer, idle_milliseconds = row[1], row[2], row[3]
    -- XCLAIM would forget an entry that was trimmed, and nobody would count it.
    if idle_milliseconds == 0 and #redis.call('XRANGE', stream, id, id) > 0 then
      redis.call('XCLAIM', stream, group, consumer, 0, id, 'JUSTID')
    end
    after = '(' .. id
  end
until #page < PAGE
