-- Turns a reservation into a redemption: all of its coupons, or none.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] reservation: bucket of the reservation's record
-- KEYS[4] wallet: the bucket that holds the coupons
-- KEYS[5] ledger: the partition's stream of events
-- KEYS[6..] campaign: per coupon, its campaign in this partition
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] reservation_field: of the reservation
-- ARGV[8] reservation_reference: as the coupons keep it
-- ARGV[9] indices: of the coupons in their bucket, 3 bytes each
-- ARGV[10] reference: of this operation, as the coupons keep it
-- ARGV[11] discount: that the caller expects, minor units
-- returns: OK, now, record, earlier : the redemption's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: NOT_FOUND, now : no such reservation
-- returns: RELEASED, now : it was given back
-- returns: COMMITTED, now, reference : it was committed by that operation
-- returns: AMOUNT, now, discount : another discount was reserved
-- returns: LOST, now : a coupon is not held by it any more
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/records.lua
--include part/open_hold.lua
if r.discount ~= tonumber(ARGV[11]) then return {'AMOUNT', now, r.discount} end
if #still_held < r.count then return {'LOST', now} end
local writes, uses = {}, ''
for i, c in ipairs(still_held) do
  writes[2 * i - 1], writes[2 * i] = c.index, coupon_value(REDEEMED, c, ARGV[10])
  call('HINCRBY', KEYS[5 + i], 'r', -1)
  call('HINCRBY', KEYS[5 + i], 'x', 1)
  call('HDEL', KEYS[4], c.index .. 'h')
  local use = sub(r.uses, (i - 1) * USE_BYTES + 1, i * USE_BYTES)
  uses = uses .. sub(use, 1, 9) .. '\1' .. sub(use, 11)
end
call('HSET', KEYS[4], spread(writes))
append_uses(KEYS[5], 'R', still_held[1].user, ARGV[2], uses)
call('HSET', KEYS[3], ARGV[7], move_record(held, r, 'C', ARGV[10]))
local result = pack(RECORD, 'R', ARGV[3], '-', now, r.spent_at, r.discount, r.count) .. uses .. '\0' .. sub(held, r.moved_at)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
