#!lua flags=allow-oom
-- Keep entries from being claimed by other consumers, as far as they are still this consumer's.
--
-- XCLAIM alone would take an entry back from the consumer that has claimed it, and would forget an entry that was trimmed while
-- its output is being made.
--
-- Keys: the stream.
-- Arguments:
--   1   consumer group
--   2   name of the consumer
--   3   new count of deliveries; '' leaves it as it is
--   4.. ids of the entries
-- Reply: nothing.
local stream = KEYS[1]
local group, consumer, deliveries = ARGV[1], ARGV[2], ARGV[3]
local FIRST_ID = 4

for i = FIRST_ID, #ARGV do
  local id = ARGV[i]
  local is_ours = #redis.call('XPENDING', stream, group, id, id, 1, consumer) > 0
  local is_there = #redis.call('XRANGE', stream, id, id) > 0
  if is_ours and is_there then
    if deliveries == '' then
      redis.call('XCLAIM', stream, group, consumer, 0, id, 'JUSTID')
    else
      redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', deliveries, 'JUSTID')
    end
  end
end
