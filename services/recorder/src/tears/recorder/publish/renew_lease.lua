#!lua flags=allow-oom
-- Take or renew the lease on a microphone's name, or give it up.
--
-- Keys: the lease.
-- Arguments:
--   1 owner of the lease
--   2 how long it lasts, in milliseconds; '0' gives it up
-- Reply: 1, or 0 if another owner holds the lease: then nothing has changed.
local lease = KEYS[1]
local owner, lease_milliseconds = ARGV[1], ARGV[2]

local holder = redis.call('GET', lease)
if holder and holder ~= owner then return 0 end
if lease_milliseconds == '0' then
  redis.call('DEL', lease)
else
  redis.call('SET', lease, owner, 'PX', lease_milliseconds)
end
return 1
