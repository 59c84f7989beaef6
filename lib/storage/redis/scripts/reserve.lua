-- Holds one coupon for an order, until an instant.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] wallet: the bucket that holds the coupon
-- KEYS[4] campaign: the coupon's campaign in this partition
-- KEYS[5] ledger: the partition's stream of events
-- KEYS[6] due: the partition's due set
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] index: of the coupon in its bucket, 3 bytes
-- ARGV[8] number: of the coupon
-- ARGV[9] version: of the campaign that the service judged by
-- ARGV[10] user: who must own the coupon, or ''
-- ARGV[11] order: digest of the order's id
-- ARGV[12] use_from: start of the use window
-- ARGV[13] subtotal: of the order, minor units
-- ARGV[14] discount: minor units
-- ARGV[15] order_id: as the caller names it
-- ARGV[16] mode: commit, or judge to stop before the first write
-- ARGV[17] reference: of this operation, as the coupon keeps it
-- ARGV[18] ttl: milliseconds of the hold; it ends with the coupon at the latest
-- ARGV[19] bucket: the wallet's, as the due set names it
-- returns: OK, now, record, earlier : the reservation's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: STALE, now, version : the partition knows another version
-- returns: NOT_FOUND, now : no such coupon
-- returns: FOREIGN, now : it is another user's
-- returns: REVOKED, now : taken back
-- returns: REDEEMED, now, reference : used already, by that operation
-- returns: EXPIRED, now, ending : its time is over
-- returns: HELD, now, until : another order holds it
-- returns: NOT_YET, now : the use window has not begun
-- returns: PASS, now : nothing stands against it; mode judge
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/due.lua
--include part/use.lua
local held_until = math.min(now + tonumber(ARGV[18]), c.ending)
if not reentered then reserved = reserved + 1 end
call('HSET', KEYS[4], 'r', reserved)
local hold = ARGV[17] .. pack('>I6', held_until) .. ARGV[11]
call('HSET', KEYS[3], ARGV[7], coupon_value(RESERVED, c, hold))
call('HINCRBY', KEYS[3], 'h', '1')
make_due(KEYS[3], KEYS[6], ARGV[19], call('HGET', KEYS[3], 'd'), held_until)
local amounts = pack('>I7I7', tonumber(ARGV[13]), tonumber(ARGV[14]))
append(KEYS[5], 'H', reentered and 1 or 0, c.campaign, number, c.user, ARGV[2],
  amounts .. pack('>I6', held_until) .. ARGV[15])
local result = pack('>c1c8c1I6I5c4', 'H', ARGV[3], '-', now, number, c.campaign) .. amounts
result = result .. pack('>I6', held_until) .. ARGV[15]
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
