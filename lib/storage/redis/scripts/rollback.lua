-- Takes a redemption back; whether the coupon can be used again is the campaign's policy. What was made of a code becomes one again:
-- the coupon is revoked, the user's quotas come back, and the code's home is to be told.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] redemption: bucket of the redemption's record
-- KEYS[4] wallet: the bucket that holds the coupon
-- KEYS[5] campaign: the coupon's campaign in this partition
-- KEYS[6] ledger: the partition's stream of events
-- KEYS[7] due: the partition's due set
-- KEYS[8] outgoing: what codes' homes have still to be told
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] redemption_field: of the redemption
-- ARGV[8] redemption_reference: as the coupon keeps it
-- ARGV[9] index: of the coupon in its bucket, 3 bytes
-- ARGV[10] policy: restore, keep, or unexpired
-- ARGV[11] bucket: the wallet's, as the due set names it
-- ARGV[12] version: of the campaign that the service read the policy from
-- ARGV[13] holder: the redemption, as a code's home keeps it, but for its body
-- returns: OK, now, record, earlier, code, body : the rollback's record, fresh or of the same call before (then from the earlier bucket
--   if 1, and no more); code is the one that is free again, or '', and body that of the redemption
-- returns: ROLLED_BACK, now, at, restored : another call did it at that instant
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: STALE, now, version : the partition knows another version
-- returns: NOT_FOUND, now : no such redemption
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/due.lua
--include part/quota.lua
--include part/records.lua
local version, used = call('HGET', KEYS[5], 'v'), call('HGET', KEYS[3], ARGV[7])
if version ~= ARGV[12] then return {'STALE', now, version or '0'} end
if not used or sub(used, 1, 1) ~= 'R' then return {'NOT_FOUND', now} end
local r = open_record(used)
if r.state == 'B' then
  local at, restored = unpack('>I6B', used, 40)
  return {'ROLLED_BACK', now, at, restored}
end
local found = call('HGET', KEYS[4], ARGV[9])
local c = found and open_coupon(found)
local ours = c and c.state == REDEEMED and c.redemption == ARGV[8]
if not ours then return {'NOT_FOUND', now} end
local restored = (ARGV[10] == 'restore' or (ARGV[10] == 'unexpired' and now < c.ending)) and 1 or 0
local code = restored == 1 and call('HGET', KEYS[4], ARGV[9] .. 'x') or ''
local freed = code ~= ''
if restored == 1 then
  call('HSET', KEYS[4], ARGV[9], coupon_value(freed and REVOKED or ISSUED, c))
  call('HINCRBY', KEYS[4], 'h', 1)
  if now >= c.ending and not freed then make_due(KEYS[4], KEYS[7], ARGV[11], call('HGET', KEYS[4], 'd'), c.ending) end
  call('HINCRBY', KEYS[5], 'x', -1)
end
append(KEYS[6], 'B', restored, c.campaign, r.number, c.user, ARGV[7], pack('>I7I7', r.subtotal, r.discount))
if freed then
  append(KEYS[6], 'K', 0, c.campaign, r.number, c.user, ARGV[2])
  call('HINCRBY', KEYS[5], 'k', 1)
--include part/return_quota.lua
  call('HSET', KEYS[8], code .. sub(ARGV[13], 7) .. sub(used, 2, 9), 'N' .. ARGV[13] .. sub(used, 2, 9))
end
call('HSET', KEYS[3], ARGV[7], move_record(used, r, 'B', pack('>I6B', now, restored)))
local result = pack('>c1c8c16I6B', 'B', ARGV[3], ARGV[8], now, restored)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result, 0, code, sub(used, 2, 9)}
