-- Turns a reservation into a redemption.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] reservation: bucket of the reservation's record
-- KEYS[4] wallet: the bucket that holds the coupon
-- KEYS[5] campaign: the coupon's campaign in this partition
-- KEYS[6] ledger: the partition's stream of events
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] reservation_field: of the reservation
-- ARGV[8] reservation_reference: as the coupon keeps it
-- ARGV[9] index: of the coupon in its bucket, 3 bytes
-- ARGV[10] reference: of this operation, as the coupon keeps it
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
-- returns: LOST, now : the coupon is not held by it any more
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/records.lua
local held = call('HGET', KEYS[3], ARGV[7])
if not held or sub(held, 1, 1) ~= 'H' then return {'NOT_FOUND', now} end
local r = open_record(held)
if r.state == 'L' then return {'RELEASED', now} end
if r.state == 'C' then return {'COMMITTED', now, sub(held, 46, 61)} end
if r.discount ~= tonumber(ARGV[11]) then return {'AMOUNT', now, r.discount} end
local found = call('HGET', KEYS[4], ARGV[9])
local c = found and open_coupon(found)
if not c or c.state ~= RESERVED or c.reservation ~= ARGV[8] or now >= c.held_until then return {'LOST', now} end
local order_id = sub(held, 46)
call('HSET', KEYS[4], ARGV[9], coupon_value(REDEEMED, c, ARGV[10]))
call('HINCRBY', KEYS[5], 'r', -1)
call('HINCRBY', KEYS[5], 'x', 1)
local amounts = pack('>I7I7', r.subtotal, r.discount)
append(KEYS[6], 'R', 1, c.campaign, r.number, c.user, ARGV[2], amounts .. order_id)
call('HSET', KEYS[3], ARGV[7], move_record(held, r, 'C', ARGV[10]))
local result = pack('>c1c8c1I6I5c4', 'R', ARGV[3], '-', now, r.number, c.campaign) .. amounts .. order_id
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
