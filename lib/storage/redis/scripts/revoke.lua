-- Takes one coupon back from its user and, if asked, gives back what issuing it had spent; one made of a code spent no stock.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] wallet: the bucket that holds the coupon
-- KEYS[4] campaign: the coupon's campaign in this partition
-- KEYS[5] ledger: the partition's stream of events
-- KEYS[6] owed: limits of this partition with units that their home has not got yet
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] index: of the coupon in its bucket, 3 bytes
-- ARGV[8] number: of the coupon
-- ARGV[9] version: of the campaign that the service judged by
-- ARGV[10] policy: wait, or break a hold
-- ARGV[11] give_back: 1 when stock and quotas come back
-- ARGV[12] day_start: of the campaign's current day, or 0 when no limit counts days
-- ARGV[13] day_end: its end
-- ARGV[14] stock_owed: name of the stock among the owed, or '' without a stock
-- ARGV[15] day_owed: name of the day's stock, or ''
-- returns: OK, now, record, earlier : the revocation's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: STALE, now, version : the partition knows another version
-- returns: NOT_FOUND, now : no such coupon
-- returns: REVOKED, now : taken back already
-- returns: REDEEMED, now, reference : used already, by that operation
-- returns: EXPIRED, now, ending : its time is over
-- returns: HELD, now, until : an order holds it
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/coupon.lua
--include part/quota.lua
--include part/stock.lua
--include part/open_stock.lua
--include part/limit.lua
--include part/uses.lua
--include part/unspend.lua
local state = call('HMGET', KEYS[4], 'v', 'r', 'k', 's', 'D')
if state[1] ~= ARGV[9] then return {'STALE', now, state[1] or '0'} end
local found = call('HGET', KEYS[3], ARGV[7])
if not found then return {'NOT_FOUND', now} end
local c = open_coupon(found)
if c.state == REVOKED then return {'REVOKED', now} end
if c.state == REDEEMED then return {'REDEEMED', now, c.redemption} end
if c.state == EXPIRED or now >= c.ending then return {'EXPIRED', now, c.ending} end
local held = c.state == RESERVED and now < c.held_until
if held and ARGV[10] == 'wait' then return {'HELD', now, c.held_until} end
local day_from, day_end = tonumber(ARGV[12]), tonumber(ARGV[13])
if day_end > 0 and (now < day_from or now >= day_end) then return {'PERIOD', now} end

local number, flag = tonumber(ARGV[8]), held and 2 or 0
if c.state == RESERVED and not held then
  append(KEYS[5], 'O', 0, c.campaign, number, c.user, sub(c.reservation, 5))
end
call('HSET', KEYS[3], ARGV[7], coupon_value(REVOKED, c))
return_hold(KEYS[3], KEYS[4], KEYS[6], c, ARGV[7])
call('HSET', KEYS[4], 'k', (state[3] or 0) + 1, 'r', (state[2] or 0) - (c.state == RESERVED and 1 or 0))
local stocked = not call('HGET', KEYS[3], ARGV[7] .. 'x')
if ARGV[11] == '1' then
  flag = flag + (stocked and 1 or 0)
  local of_today = day_end > 0 and c.issued >= day_from
  local wallet, user, campaign, day_start = KEYS[3], c.user, c.campaign, pack('>I6', day_from)
  local of_user = call('HGET', wallet, user)
--include part/read_quota.lua
  total, today = math.max(total - 1, 0), math.max(today - (of_today and 1 or 0), 0)
--include part/write_quota.lua
  call('HSET', wallet, user, sub(of_user, 1, 3) .. quotas)
  local function give_back(limit, value, window, owed)
    local issued, share, used, got, sent, at = open_stock(value, window)
    call('HSET', KEYS[4], limit, pack(STOCK, issued, share, used - 1, got, sent + 1, at, window))
    call('SADD', KEYS[6], owed)
  end
  if ARGV[14] ~= '' and stocked then give_back('s', state[4], 0, ARGV[14]) end
  if ARGV[15] ~= '' and stocked and of_today then give_back('D', state[5], day_from, ARGV[15]) end
end
append(KEYS[5], 'K', flag, c.campaign, number, c.user, ARGV[2])
local result = pack('>c1c8I5I6B', 'K', ARGV[3], number, now, flag % 2)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
