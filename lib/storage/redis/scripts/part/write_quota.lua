-- REQUIRES what read_quota.lua left, with total and today as they are now; leaves quotas: what follows the head in of_user.
local quotas = pack(QUOTA, total, day_start, today)
if not place then
  quotas = sub(of_user, 4) .. campaign .. quotas
elseif place > 0 then
  quotas = sub(of_user, 4, place + 3) .. quotas .. sub(of_user, place + 18)
else
  call('HSET', wallet, user .. campaign, quotas)
  quotas = sub(of_user, 4)
end
