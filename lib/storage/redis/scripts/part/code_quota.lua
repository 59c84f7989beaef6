-- What a user has claimed, for a step that makes several coupons of codes: opened once, changed in memory, written once.
-- part/quota.lua says how it is kept. REQUIRES redis, quota.
local function open_quotas(wallet, user, value)
  return {wallet = wallet, user = user, head = sub(value or NO_COUPON, 1, 3), entries = sub(value or NO_COUPON, 4), of = {}}
end

-- Of one campaign: total, and today as of the day that began at day_start.
local function quota_of(quotas, campaign, day_start)
  local q = quotas.of[campaign]
  if q then return q end
  q = {total = 0, today = 0, day_start = day_start}
  local entry
  for at = 1, #quotas.entries, 18 do
    if sub(quotas.entries, at, at + 3) == campaign then q.place, entry = at, sub(quotas.entries, at + 4, at + 17) end
  end
  if not entry and #quotas.entries + 3 >= QUOTAS_FULL then
    q.place, entry = 0, call('HGET', quotas.wallet, quotas.user .. campaign)
  end
  if entry then
    local day
    q.total, day, q.today = unpack(QUOTA, entry)
    if day ~= day_start then q.today = 0 end
  end
  quotas.of[campaign] = q
  return q
end

-- The user's value with what changed; `fields` takes those that stand in fields of their own.
local function close_quotas(quotas, head, fields)
  local entries = quotas.entries
  for campaign, q in pairs(quotas.of) do
    local entry = pack(QUOTA, q.total, q.day_start, q.today)
    if not q.place and #entries + 3 >= QUOTAS_FULL then q.place = 0 end
    if not q.place then
      entries = entries .. campaign .. entry
    elseif q.place > 0 then
      entries = sub(entries, 1, q.place + 3) .. entry .. sub(entries, q.place + 18)
    else
      fields[#fields + 1], fields[#fields + 2] = quotas.user .. campaign, entry
    end
  end
  return head .. entries
end
