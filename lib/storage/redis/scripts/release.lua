-- Gives the coupons of a reservation back, those that it still holds, before its time runs out.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] reservation: bucket of the reservation's record
-- KEYS[4] wallet: the bucket that holds the coupons
-- KEYS[5] ledger: the partition's stream of events
-- KEYS[6] owed: limits of this partition with units that their home has not got yet
-- KEYS[7..] campaign: per coupon, its campaign in this partition
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] reservation_field: of the reservation
-- ARGV[8] reservation_reference: as the coupons keep it
-- ARGV[9] indices: of the coupons in their bucket, 3 bytes each
-- returns: OK, now, record, earlier : the release's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: RELEASED, now, at : another call released it at that instant
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: NOT_FOUND, now : no such reservation
-- returns: COMMITTED, now, reference : it was committed by that operation
-- returns: LOST, now : it holds no coupon any more
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/stock.lua
--include part/limit.lua
--include part/uses.lua
--include part/unspend.lua
--include part/records.lua
--include part/open_hold.lua
if #still_held == 0 then return {'LOST', now} end
local uses = ''
for _, c in ipairs(still_held) do
  call('HSET', KEYS[4], c.index, coupon_value(ISSUED, c))
  call('HINCRBY', KEYS[6 + c.place], 'r', -1)
  return_hold(KEYS[4], KEYS[6 + c.place], KEYS[6], c, c.index)
  uses = uses .. sub(r.uses, (c.place - 1) * USE_BYTES + 1, c.place * USE_BYTES)
end
append_uses(KEYS[5], 'L', still_held[1].user, ARGV[7], uses)
call('HSET', KEYS[3], ARGV[7], move_record(held, r, 'L', pack('>I6', now)))
local result = pack('>c1c8c16I6', 'L', ARGV[3], ARGV[8], now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
