-- Redeems coupons together for one user's order, or says what that would answer. A code that belongs to nobody becomes the user's
-- coupon. A refusal fences the attempt that took codes, so that whoever hears it may set them free.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] wallet: the user's bucket
-- KEYS[4] ledger: the partition's stream of events
-- KEYS[5] outgoing: what codes' homes have still to be told
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
-- ARGV[9] terms: packed as TERMS: this operation's partition and reference, digest of the order's id, attempt (0 where no code was
--   taken), the instants between which the service's judgement holds, and base and stride of the numbers in the bucket
-- ARGV[10] receipt: what the service keeps with the record
-- ARGV[11..] item: per coupon, packed as part/open_stack.lua and part/judge_code.lua say
-- returns: OK, now, record, earlier, owes : the redemption's record, fresh or of the same call before (then from the earlier bucket if 1, and no
--   more); owes is 1 when a budget has something to be brought home
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over, or the time for which the service judged
-- returns: LATE, now, attempt : attempts up to this one were fenced
-- returns: STALE, now, version, place : the partition knows another version of this coupon's campaign
-- returns: REFUSED, now, place, status, detail, ... : three for each coupon that can't be used: NOT_FOUND; FOREIGN, another user's;
--   REVOKED; REDEEMED, by that operation; EXPIRED, when; HELD, by another order until then; NOT_YET, it can be used from then on; of
--   a code QUOTA and QUOTA_DAY, the user has as many as the campaign allows; FULL, no numbers are left in the wallet's bucket;
--   USES, USES_DAY, USES_WEEK, USES_MONTH: the user has used as many as the campaign allows
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
--include part/quota.lua
--include part/code_quota.lua
--include part/stock.lua
--include part/bounds.lua
--include part/validity.lua
--include part/records.lua
--include part/open_stack.lua
--include part/limit.lua
--include part/uses.lua
--include part/spending.lua
--include part/judge_code.lua
--include part/judge_stack.lua
local writes, uses, codes, discount, now6 = {}, '', '', 0, pack('>I6', now)
local function write(name, value) writes[#writes + 1], writes[#writes + 2] = name, value end
local head, holder = quotas.head, partition .. reference .. ARGV[3]
for i, it in ipairs(items) do
  local campaign = campaigns[it.of]
  campaign.redeemed = campaign.redeemed + 1
  if it.code then
    write(it.index, '\2' .. it.campaign .. user .. head .. now6 .. it.ending .. reference)
    write(it.index .. 'x', it.code)
    head = pack('>I3', unpack('>I3', it.index) + 1)
    codes = codes .. it.code .. string.char(i - 1)
    campaign.issued = (campaign.issued or '') .. it.number .. user .. field .. 'c'
    call('HSET', KEYS[5], it.code .. sub(holder, 7), 'U' .. holder .. it.number)
  else
    write(it.index, coupon_value(REDEEMED, it.c, reference))
    if it.reentered then campaign.reserved = campaign.reserved - 1 end
    if it.hold then call('HDEL', KEYS[3], it.index .. 'h') end
  end
  uses = uses .. it.campaign .. it.number .. (it.reentered and '\1' or '\0') .. it.amounts
  discount = discount + unpack('>I7', it.amounts, 8)
end
if codes ~= '' then
  write('n', head)
  write(user, close_quotas(quotas, head, writes))
end
call('HSET', KEYS[3], spread(writes))
for _, campaign in ipairs(campaigns) do
  if campaign.issued then
    local issued, share, used, got, sent, at = unpack(STOCK, campaign.stock or NO_STOCK)
    issued = issued + #campaign.issued / 30
    call('HSET', campaign.key, 's', pack(STOCK, issued, share, used, got, sent, at, 0))
    call('XADD', KEYS[4], '*', 'e', 'I\3' .. campaign.id .. campaign.issued)
  end
  call('HSET', campaign.key, 'r', campaign.reserved, 'x', campaign.redeemed)
end
append_uses(KEYS[4], 'R', user, field, uses)
local result = pack(RECORD, 'R', ARGV[3], '-', now, now, discount, #items) .. uses .. string.char(#codes / 6) .. codes .. ARGV[10]
keep(KEYS[1], field, result, ARGV[4])
return {'OK', now, result, 0, owes}
