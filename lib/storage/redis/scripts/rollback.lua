-- Takes a redemption back, or a part of it. Whether a coupon can be used again then is its campaign's policy. What was made of a code
-- becomes one again: the coupon is revoked, the user's quotas come back, and the code's home is to be told.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] redemption: bucket of the redemption's record
-- KEYS[4] wallet: the bucket that holds the coupons
-- KEYS[5] ledger: the partition's stream of events
-- KEYS[6] due: the partition's due set
-- KEYS[7] outgoing: what codes' homes have still to be told
-- KEYS[8] owed: limits of this partition with units that their home has not got yet
-- KEYS[9..] campaign: per coupon of the redemption, its campaign in this partition
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] redemption_field: of the redemption
-- ARGV[8] holder: the redemption, as a code's home keeps it but for its body; it ends with the reference, as coupons keep it
-- ARGV[9] bucket: the wallet's, as the due set names it
-- ARGV[10] returns: how many there were before, as the service knows
-- ARGV[11] state: of the redemption afterwards, P or B
-- ARGV[12] receipt: of the redemption afterwards
-- ARGV[13] entry: what the service keeps with this operation's record
-- ARGV[14..] item: per coupon that changes, packed as ITEM: place among the uses, version of the campaign that the service judged by,
--   index in the bucket, policy (r restore, u restore if unexpired, k keep used, - its use stays), and what of its amounts goes
-- returns: OK, now, record, earlier, body, code, ... : the rollback's record, fresh or of the same call before (then from the earlier
--   bucket if 1, and no more); body is that of the redemption, and each code one that is free again
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: STALE, now, version, place : the partition knows another version of this coupon's campaign
-- returns: MOVED, now : another return came first
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
--include part/stock.lua
--include part/limit.lua
--include part/uses.lua
--include part/unspend.lua
--include part/records.lua
local ITEM, reference = '>BI7c3c1I7I7', sub(ARGV[8], -16)
local used = call('HGET', KEYS[3], ARGV[7])
if not used or sub(used, 1, 1) ~= 'R' then return {'NOT_FOUND', now} end
local r = open_record(used)
local returns = (r.state == 'P' or r.state == 'B') and string.byte(used, r.moved_at) or 0
if r.state == 'B' or returns ~= tonumber(ARGV[10]) then return {'MOVED', now} end
local items = {}
for i = 14, #ARGV do
  local it = {}
  it.place, it.version, it.index, it.policy, it.subtotal, it.discount = unpack(ITEM, ARGV[i])
  it.campaign = KEYS[9 + it.place]
  local version = tonumber(call('HGET', it.campaign, 'v') or 0)
  if version ~= it.version then return {'STALE', now, version, it.place} end
  local found = call('HGET', KEYS[4], it.index)
  it.c = found and open_coupon(found)
  local ours = it.c and it.c.state == REDEEMED and it.c.redemption == reference
  if not it.c or (it.policy ~= '-' and not ours) then return {'NOT_FOUND', now} end
  items[#items + 1] = it
end
local answer, taken, freed_items, restored_bits = {'OK', now, '', 0, r.body}, {}, {}, 0
for i, it in ipairs(items) do
--include part/return_use.lua
end
if #items > 0 then append_uses(KEYS[5], 'B', items[1].c.user, ARGV[7], table.concat(taken)) end
for _, it in ipairs(freed_items) do append(KEYS[5], 'K', 0, it.c.campaign, it.number, it.c.user, ARGV[2]) end
local moved = string.char(returns + 1) .. sub(used, r.moved_at + 1, r.moved_at + 9 * returns) .. pack('>I6I3', now, restored_bits)
local kept = sub(used, 1, r.uses_at - 1) .. r.uses .. sub(used, r.codes_at, r.moved_at - 1)
call('HSET', KEYS[3], ARGV[7], move_record(kept, r, ARGV[11], moved .. ARGV[12]))
answer[3] = pack('>c1c8c16I6I3', 'B', ARGV[3], reference, now, restored_bits) .. ARGV[13]
keep(KEYS[1], ARGV[2], answer[3], ARGV[4])
return answer
