-- Inside the loop of scripts/rollback.lua, for one coupon of the redemption (it): what of its use goes, and whether it can be used
-- again. REQUIRES what that script includes, and return_quota.
local at, c = it.place * USE_BYTES, it.c
local use = sub(r.uses, at + 1, at + USE_BYTES)
local flag, subtotal, discount = unpack('>BI7I7', use, 10)
local restored = it.policy == 'r' or (it.policy == 'u' and now < c.ending)
local code = restored and call('HGET', KEYS[4], it.index .. 'x') or ''
local freed, number = code ~= '', unpack('>I5', use, 5)
if it.policy ~= '-' then flag = flag + TAKEN_BACK + (restored and RESTORED or 0) end
r.uses = sub(r.uses, 1, at) .. sub(use, 1, 9) .. pack('>BI7I7', flag, subtotal - it.subtotal, discount - it.discount)
  .. sub(r.uses, at + USE_BYTES + 1)
taken[i] = sub(use, 1, 9) .. pack('>BI7I7', it.policy == '-' and 2 or (restored and 1 or 0), it.subtotal, it.discount)
return_spending(KEYS[4], it.campaign, KEYS[8], c, r.spent_at, it.discount, restored)
if restored then
  restored_bits = restored_bits + 2 ^ (i - 1)
  call('HSET', KEYS[4], it.index, coupon_value(freed and REVOKED or ISSUED, c))
  if not freed then make_due(KEYS[4], KEYS[6], ARGV[9], c.ending) end
  call('HINCRBY', it.campaign, 'x', -1)
end
if freed then
  answer[#answer + 1], freed_items[#freed_items + 1], it.number = code, it, number
  call('HINCRBY', it.campaign, 'k', 1)
  call('HSET', KEYS[7], code .. sub(ARGV[8], 7) .. r.body, 'N' .. ARGV[8] .. r.body)
--include part/return_quota.lua
end
