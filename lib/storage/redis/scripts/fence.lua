-- Makes sure that an operation that has not taken effect never will.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- ARGV[1] field: of the operation
-- ARGV[2] operation_expires: end of the record's bucket
-- ARGV[3] period_from: the operation buckets are right from this instant
-- ARGV[4] period_until: to before this one
-- returns: FENCED, now : fenced, now or before
-- returns: OK, now, record, earlier : it took effect; its record, from the earlier bucket if 1
-- returns: PERIOD, now : the period is over
--include part/now.lua
local found = redis.call('HMGET', KEYS[1], '.', ARGV[1])
local record = found[2] or redis.call('HGET', KEYS[2], ARGV[1])
if record then
  if string.sub(record, 1, 1) == 'F' then return {'FENCED', now} end
  return {'OK', now, record, found[2] and 0 or 1}
end
if now < tonumber(ARGV[3]) or now >= tonumber(ARGV[4]) then return {'PERIOD', now} end
redis.call('HSET', KEYS[1], '.', '1', ARGV[1], 'F')
if not found[1] then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return {'FENCED', now}
