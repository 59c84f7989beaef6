-- Inside a loop or branch, since a function would cost a claim more than it does. REQUIRES wallet, user, of_user (the user's
-- value), campaign, day_start; leaves total, today, and place: where the entry stands in of_user, 0 for a field of its own.
local total, today, place, entry = 0, 0, nil, nil
for at = 4, #of_user, 18 do
  if sub(of_user, at, at + 3) == campaign then place, entry = at, sub(of_user, at + 4, at + 17) end
end
if not entry and #of_user >= QUOTAS_FULL then
  entry = call('HGET', wallet, user .. campaign)
  place = 0
end
if entry and #entry == 14 then
  local day
  total, day, today = unpack(QUOTA, entry)
  if day ~= day_start then today = 0 end
end
