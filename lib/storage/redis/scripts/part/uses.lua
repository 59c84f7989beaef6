-- How often a user has used coupons of a campaign: in the wallet, as the field user, campaign and 'u': total(4), then for day, week and
-- month the start(6) of the one that was counted last and the number(4) in it. A campaign without such limits has none. Nothing here
-- writes. REQUIRES redis.
local USES = '>I4I6I4I6I4I6I4'
local function uses_field(user, campaign) return user .. campaign .. 'u' end

-- As of the day, week and month that began then.
local function open_uses(value, day, week, month)
  local u = {total = 0, day = day, of_day = 0, week = week, of_week = 0, month = month, of_month = 0}
  if not value then return u end
  local total, old_day, of_day, old_week, of_week, old_month, of_month = unpack(USES, value)
  u.total = total
  if old_day == day then u.of_day = of_day end
  if old_week == week then u.of_week = of_week end
  if old_month == month then u.of_month = of_month end
  return u
end

-- As they stand.
local function reopen_uses(value)
  local _, day, _, week, _, month = unpack(USES, value)
  return open_uses(value, day, week, month)
end

local function count_use(u)
  u.total, u.of_day, u.of_week, u.of_month = u.total + 1, u.of_day + 1, u.of_week + 1, u.of_month + 1
end

-- Takes back a use that was counted at the instant `at`: of a day, week or month only if it was in that one.
local function uncount_use(u, at)
  local function less(n, start) return math.max(n - (at >= start and 1 or 0), 0) end
  u.total = math.max(u.total - 1, 0)
  u.of_day, u.of_week, u.of_month = less(u.of_day, u.day), less(u.of_week, u.week), less(u.of_month, u.month)
end

local function uses_value(u)
  return pack(USES, u.total, u.day, u.of_day, u.week, u.of_week, u.month, u.of_month)
end
