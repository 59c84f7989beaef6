-- Books what ran out in one wallet bucket: holds go back to their users, coupons past their end are expired.
-- KEYS[1] wallet: the bucket
-- KEYS[2] due: the partition's due set
-- KEYS[3] ledger: the partition's stream of events
-- KEYS[4] owed: limits of this partition with units that their home has not got yet
-- KEYS[5..] campaign: one per item, the coupon's campaign in this partition
-- ARGV[1] bucket: the wallet's, as the due set names it
-- ARGV[2] seen_holds: field h of the wallet when the sweeper looked
-- ARGV[3] next_due: when the bucket is due again if nothing else happened, or '' for never
-- ARGV[4..] index, number: two per item; the index as the wallet's field, 3 bytes
-- returns: OK, now, holds, coupons : how many of each were booked
--include part/redis.lua
--include part/now.lua
--include part/event.lua
--include part/coupon.lua
--include part/stock.lua
--include part/limit.lua
--include part/uses.lua
--include part/unspend.lua
local holds, expired, none = 0, 0, string.rep('\0', 12)
for i = 1, (#ARGV - 3) / 2 do
  local index, number, campaign = ARGV[2 + 2 * i], tonumber(ARGV[3 + 2 * i]), KEYS[4 + i]
  local found = call('HGET', KEYS[1], index)
  local c = found and open_coupon(found)
  if c and c.state == RESERVED and now >= c.held_until then
    append(KEYS[3], 'O', 0, c.campaign, number, c.user, sub(c.reservation, 5))
    call('HINCRBY', campaign, 'r', -1)
    return_hold(KEYS[1], campaign, KEYS[4], c, index)
    call('HSET', KEYS[1], index, coupon_value(ISSUED, c))
    c.state, holds = ISSUED, holds + 1
  end
  if c and c.state == ISSUED and now >= c.ending then
    append(KEYS[3], 'E', 0, c.campaign, number, c.user, none)
    call('HINCRBY', campaign, 'e', 1)
    call('HSET', KEYS[1], index, coupon_value(EXPIRED, c))
    expired = expired + 1
  end
end
if (call('HGET', KEYS[1], 'h') or '') == ARGV[2] then
  if ARGV[3] == '' then
    call('HDEL', KEYS[1], 'd')
    call('ZREM', KEYS[2], ARGV[1])
  else
    call('HSET', KEYS[1], 'd', pack('>I6', tonumber(ARGV[3])))
    call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  end
end
return {'OK', now, holds, expired}
