#!lua flags=allow-oom
-- Take the lease on a microphone's name from an owner that is dead.
--
-- The caller has seen that the owner has not renewed the lease for its whole duration. If the owner has renewed it since then,
-- nothing changes.
--
-- Keys: the lease.
-- Arguments:
--   1 the new owner
--   2 how long the lease lasts, in milliseconds
--   3 the dead owner
--   4 when the lease of the dead owner ends, as PEXPIRETIME gives it
-- Reply: 1, or 0 if the lease is not as the caller has seen it.
local lease = KEYS[1]
local owner, lease_milliseconds, dead_owner, ends_at = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if redis.call('GET', lease) ~= dead_owner or redis.call('PEXPIRETIME', lease) ~= ends_at then return 0 end
redis.call('SET', lease, owner, 'PX', lease_milliseconds)
return 1
