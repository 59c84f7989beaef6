-- Makes sure that an operation that has not taken effect never will.
-- KEYS[1] operation: bucket of the operation's record; the user's wallet for what issues coupons
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- ARGV[1] field: of the operation
-- ARGV[2] operation_expires: end of the record's bucket, or 0 for a wallet, where a sweeper forgets by the fence's instant
-- ARGV[3] period_from: the operation buckets are right from this instant
-- ARGV[4] period_until: to before this one
-- returns: FENCED, now : fenced, now or before
-- returns: OK, now, record, earlier : it took effect; its record, from the earlier bucket if 1
-- returns: PERIOD, now : the period is over
--include part/redis.lua
--include part/now.lua
local found = call('HMGET', KEYS[1], '.', ARGV[1])
local record = found[2] or call('HGET', KEYS[2], ARGV[1])
if record then
  if sub(record, 1, 1) == 'F' then return {'FENCED', now} end
  return {'OK', now, record, found[2] and 0 or 1}
end
if now < tonumber(ARGV[3]) or now >= tonumber(ARGV[4]) then return {'PERIOD', now} end
call('HSET', KEYS[1], ARGV[1], pack('>c1I6', 'F', now))
if ARGV[2] ~= '0' and not found[1] then
  call('HSET', KEYS[1], '.', '1')
  call('PEXPIREAT', KEYS[1], ARGV[2])
end
return {'FENCED', now}
