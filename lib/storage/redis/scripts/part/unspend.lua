-- Gives back what a use had spent of its campaign's limits. REQUIRES redis, coupon, stock, limit, uses.
-- return_spending: of coupon c of the wallet, spent at an instant; the user's use as well if `use` is. What of a budget is to be
-- brought home is noted in `owed`.
local function return_spending(wallet, campaign, owed, c, at, amount, use)
  local name = uses_field(c.user, c.campaign)
  local value = use and call('HGET', wallet, name)
  if value then
    local u = reopen_uses(value)
    uncount_use(u, at)
    call('HSET', wallet, name, uses_value(u))
  end
  local parts = call('HMGET', campaign, 'b', 'B')
  for i, limit in ipairs({'b', 'B'}) do
    local l = parts[i] and open_limit(parts[i], (unpack('>I6', parts[i], 42)), 0)
    -- What was spent of a day that is over lapses with it.
    if l and at >= l.window and give_back(l, amount) then
      call('HSET', campaign, limit, limit_value(l))
      call('SADD', owed, owed_name(unpack('>I4', c.campaign), limit, l.window))
    end
  end
end

-- The same of what an order held, as the field beside the coupon says.
local function return_hold(wallet, campaign, owed, c, index)
  local spent = call('HGET', wallet, index .. 'h')
  if not spent then return end
  local at, amount = unpack('>I6I7', spent)
  return_spending(wallet, campaign, owed, c, at, amount, true)
  call('HDEL', wallet, index .. 'h')
end
