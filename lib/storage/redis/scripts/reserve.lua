-- Holds coupons together for one user's order, until an instant: after the ttl, or at the earliest end of one of them.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] wallet: the user's bucket
-- KEYS[4] ledger: the partition's stream of events
-- KEYS[5] due: the partition's due set
-- KEYS[6] owed: limits of this partition with units that their home has not got yet
-- KEYS[7..] campaign: each coupon's campaign in this partition, once
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] mode: commit, or judge to stop before the first write
-- ARGV[8] user: who must own the coupons, or '' for whoever owns the one
-- ARGV[9] terms: packed as TERMS: this operation's partition and reference, digest of the order's id, 0 (no code is taken), the instants
--   between which the service's judgement holds, and base and stride of the numbers in the bucket, then HOLD: ttl and the bucket
-- ARGV[10] receipt: what the service keeps with the record
-- ARGV[11..] item: per coupon, packed as part/open_stack.lua says
-- returns: OK, now, record, earlier, owes : the reservation's record, fresh or of the same call before (then from the earlier bucket if 1, and no
--   more); owes is 1 when a budget has something to be brought home
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over, or the time for which the service judged
-- returns: STALE, now, version, place : the partition knows another version of this coupon's campaign
-- returns: REFUSED, now, place, status, detail, ... : three for each coupon that can't be used: NOT_FOUND; FOREIGN, another user's;
--   REVOKED; REDEEMED, by that operation; EXPIRED, when; HELD, by another order until then; NOT_YET, it can be used from then on; USES,
--   USES_DAY, USES_WEEK, USES_MONTH: the user has used as many as the campaign allows
-- returns: NEED, now, campaign, limit, got, share, need, ... : five for each limit that has too little at hand: b of the budget, B of a
--   day's; the total that ever arrived here, what is at hand, and what the coupons spend beyond what
--   the order's own holds had
-- returns: PASS, now, campaign, limit, window, held, ... : nothing stands against it; mode judge; four for each budget of which the
--   order holds something
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/attempt.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/due.lua
--include part/stock.lua
--include part/records.lua
--include part/open_stack.lua
--include part/limit.lua
--include part/uses.lua
--include part/spending.lua
--include part/judge_stack.lua
local HOLD, writes, uses, discount = '>I7I4', {}, '', 0
local ttl, bucket = unpack(HOLD, ARGV[9], 59)
local held_until = now + ttl
for _, it in ipairs(items) do held_until = math.min(held_until, it.c.ending) end
local hold = reference .. pack('>I6', held_until) .. order
for _, it in ipairs(items) do
  local campaign = campaigns[it.of]
  if not it.reentered then campaign.reserved = campaign.reserved + 1 end
  writes[#writes + 1], writes[#writes + 2] = it.index, coupon_value(RESERVED, it.c, hold)
  uses = uses .. it.campaign .. it.number .. (it.reentered and '\1' or '\0') .. it.amounts
  discount = discount + unpack('>I7', it.amounts, 8)
  if it.caps then call('HSET', KEYS[3], it.index .. 'h', pack('>I6', now) .. sub(it.amounts, 8)) end
end
call('HSET', KEYS[3], spread(writes))
for _, campaign in ipairs(campaigns) do call('HSET', campaign.key, 'r', campaign.reserved) end
make_due(KEYS[3], KEYS[5], bucket, held_until)
append_uses(KEYS[4], 'H', user, field, uses, pack('>I6', held_until))
local result = pack(RECORD, 'H', ARGV[3], '-', now, now, discount, #items) .. pack('>I6', held_until) .. uses .. '\0' .. ARGV[10]
keep(KEYS[1], field, result, ARGV[4])
return {'OK', now, result, 0, owes}
