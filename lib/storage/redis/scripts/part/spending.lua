-- What using coupons spends of their campaigns' limits: the user's uses, and money. An item that is to be used, of a campaign that has
-- such limits, goes on with its place(1) in the order of application, in which the last ones are too many, and LIMITS: a bit for each
-- (1 uses, 2 the budget, 4 a day's budget), the caps of uses in all and of day, week and month, the starts of these, and the totals
-- ever leased of both budgets. What an order holds has a field beside the coupon, its index and 'h', with SPENT: when, and how much.
-- Nothing here writes. REQUIRES open_stack, limit, uses.
local LIMITS, SPENT, spenders = '>BI4I4I4I4I6I6I6I7I7', '>I6I7', {}

-- When the item is to be judged by judge_spending, if it spends anything.
local function note_turn(it, place)
  local arg = ARGV[FIRST_ITEM - 1 + place]
  if it.rest > #arg then return end
  spenders[string.byte(arg, it.rest)], it.rest = place, it.rest + 1
end

-- The limits of an item's campaign, once for all its items; false where a later day has begun than the service judged by.
local function open_spending(it, place)
  local campaign = campaigns[it.of]
  local has, total, of_day, of_week, of_month, day, week, month, leased, leased_day =
    unpack(LIMITS, ARGV[FIRST_ITEM - 1 + place], it.rest)
  it.caps = {total, of_day, of_week, of_month}
  if campaign.budgets then return true end
  campaign.budgets, campaign.need = {}, 0
  if has % 2 == 1 then campaign.uses = open_uses(call('HGET', KEYS[3], uses_field(user, it.campaign)), day, week, month) end
  local parts = call('HMGET', campaign.key, 'b', 'B')
  if has % 4 >= 2 then campaign.budgets.b = open_limit(parts[1], 0, leased) end
  if has >= 4 then
    campaign.budgets.B = open_limit(parts[2], day, leased_day)
    if not campaign.budgets.B then return false end
  end
  for _, l in pairs(campaign.budgets) do l.deposit = l.changed and limit_value(l) end
  return true
end

-- What a hold that this use ends had spent is for the use to spend again, and no more than that: a unit that is left over goes home,
-- where others ask, and not to the partition's share, of which a home that is dry does not know.
local function end_hold(it)
  it.hold = (it.ran_out or it.reentered) and call('HGET', KEYS[3], it.index .. 'h')
  if not it.hold then return end
  local campaign, at, amount = campaigns[it.of], unpack(SPENT, it.hold)
  if campaign.uses then uncount_use(campaign.uses, at) end
  for _, l in pairs(campaign.budgets) do
    if at >= l.window then l.held = (l.held or 0) + amount end
  end
end

-- Why the item's use would be one too many, or nothing; then it is counted, and its discount needed.
local function judge_spending(it, place)
  if not open_spending(it, place) then return 'PERIOD' end
  end_hold(it)
  local campaign, caps = campaigns[it.of], it.caps
  local u = campaign.uses
  if u then
    if u.total >= caps[1] then return 'USES' end
    if u.of_day >= caps[2] then return 'USES_DAY' end
    if u.of_week >= caps[3] then return 'USES_WEEK' end
    if u.of_month >= caps[4] then return 'USES_MONTH' end
    count_use(u)
  end
  campaign.need = campaign.need + unpack('>I7', it.amounts, 8)
end
