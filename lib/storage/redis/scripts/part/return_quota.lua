-- Gives back what a coupon had spent of its user's quotas, of the day's only on that same day. REQUIRES quota, c (the coupon);
-- KEYS[4] wallet.
do
  local wallet, user, campaign, day_start = KEYS[4], c.user, c.campaign, NO_DAY
  local of_user = call('HGET', wallet, user)
--include part/read_quota.lua
  if entry and #entry == 14 then
    local _, day, spent = unpack(QUOTA, entry)
    day_start, today = day, math.max(spent - (c.issued >= unpack('>I6', day) and 1 or 0), 0)
    total = math.max(total - 1, 0)
--include part/write_quota.lua
    call('HSET', wallet, user, sub(of_user, 1, 3) .. quotas)
  end
end
