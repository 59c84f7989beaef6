-- May the items be used by this order now, and is what they spend at hand? The order of the questions is part of the contract: a coupon's
-- own state before its campaign's, and time last; then of all that are left, in the order of application, what they spend. From here on
-- nothing fails: what is spent, and other orders' holds that ran out, are booked. Leaves user: the owner; and owes: 1 when something is
-- to be brought home.
-- REQUIRES open_stack, attempt, event, coupon, spending.
if now < judged_from or now >= judged_until then return {'PERIOD', now} end
function judges.W(it, place)
  local c = held[2 + place] and open_coupon(held[2 + place])
  it.c = c
  if not c then return 'NOT_FOUND' end
  if user ~= '' and user ~= c.user then return 'FOREIGN' end
  if c.state == REVOKED then return 'REVOKED' end
  if c.state == REDEEMED then return 'REDEEMED', c.redemption end
  if c.state == EXPIRED or now >= c.ending then return 'EXPIRED', c.ending end
  it.ran_out = c.state == RESERVED and now >= c.held_until
  it.reentered = c.state == RESERVED and not it.ran_out
  if it.reentered and c.order ~= order then return 'HELD', c.held_until end
  local from = usable_from(it, c.issued)
  if now < from then return 'NOT_YET', from end
end
local refused = {}
local function refuse(place, status, detail)
  refused[#refused + 1], refused[#refused + 2], refused[#refused + 3] = place, status, detail or ''
end
for i, it in ipairs(items) do
  if campaigns[it.of].version ~= it.version then return {'STALE', now, campaigns[it.of].version, i} end
  local status, detail = judges[it.kind](it, i)
  if status then refuse(i, status, detail) else note_turn(it, i) end
end
for turn = 1, #items do
  local place = spenders[turn]
  local status = place and judge_spending(items[place], place)
  if status == 'PERIOD' then return {'PERIOD', now} end
  if status then refuse(place, status) end
end
if #refused > 0 or mode == 'judge' then
  if attempt > 0 then fence(KEYS[1], KEYS[2], field, attempt, ARGV[4]) end
  if #refused > 0 then return {'REFUSED', now, spread(refused)} end
  local has = {}
  for _, campaign in ipairs(campaigns) do
    for name, l in pairs(campaign.budgets or {}) do
      if l.held then for _, fact in ipairs({unpack('>I4', campaign.id), name, l.window, l.held}) do has[#has + 1] = fact end end
    end
  end
  return {'PASS', now, spread(has)}
end
local short = {}
for _, campaign in ipairs(campaigns) do
  for name, l in pairs(campaign.budgets or {}) do
    l.more = campaign.need - (l.held or 0)
    if lacking(l, l.more) > 0 then
      for _, fact in ipairs({unpack('>I4', campaign.id), name, l.got, l.share, l.more}) do short[#short + 1] = fact end
    end
  end
end
if #short > 0 then
  -- What was leased has arrived, whatever comes of this.
  for _, campaign in ipairs(campaigns) do
    for name, l in pairs(campaign.budgets or {}) do
      if l.deposit then call('HSET', campaign.key, name, l.deposit) end
    end
  end
  return {'NEED', now, spread(short)}
end
local owes = 0
if user == '' then user = items[1].c.user end
for _, campaign in ipairs(campaigns) do
  for name, l in pairs(campaign.budgets or {}) do
    if l.more >= 0 then
      spend(l, l.more)
    elseif give_back(l, -l.more) then
      call('SADD', KEYS[6], owed_name(unpack('>I4', campaign.id), name, l.window))
      owes = 1
    end
    call('HSET', campaign.key, name, limit_value(l))
  end
  if campaign.uses then call('HSET', KEYS[3], uses_field(user, campaign.id), uses_value(campaign.uses)) end
end
for _, it in ipairs(items) do
  if it.ran_out then
    append(KEYS[4], 'O', 0, it.campaign, unpack('>I5', it.number), user, sub(it.c.reservation, 5))
    campaigns[it.of].reserved = campaigns[it.of].reserved - 1
  end
end
