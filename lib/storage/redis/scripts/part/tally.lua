-- Adds the entries' events up, as 'campaign:metric' = sum. Metrics: i issued, c of them claimed, h reserved, l given back or run
-- out, r redeemed, b rolled back, e expired, k revoked, t stock given back; m codes made, w codes revoked, o of the issued, made of codes (they spend
-- no stock); H held now, X redeemed now, and the money of what is redeemed and not rolled back: s subtotal, d discount. Answers the
-- number of events as well. REQUIRES redis.
local OF_USES = {
  H = function(add, campaign, flag)
    add(campaign, 'h', 1)
    add(campaign, 'H', 1 - flag)
  end,
  L = function(add, campaign)
    add(campaign, 'l', 1)
    add(campaign, 'H', -1)
  end,
  R = function(add, campaign, flag, subtotal, discount)
    add(campaign, 'r', 1)
    add(campaign, 'X', 1)
    add(campaign, 'H', -flag)
    add(campaign, 's', subtotal)
    add(campaign, 'd', discount)
  end,
  -- Flag 1: it can be used again; 0: it stays used; 2: only amounts go.
  B = function(add, campaign, flag, subtotal, discount)
    if flag < 2 then
      add(campaign, 'b', 1)
      add(campaign, 'X', -flag)
    end
    add(campaign, 's', -subtotal)
    add(campaign, 'd', -discount)
  end
}

local function tally(entries, sums)
  local events = #entries
  local function add(campaign, metric, n)
    local name = campaign .. ':' .. metric
    sums[name] = (sums[name] or 0) + n
  end
  for _, entry in ipairs(entries) do
    local kind, flag, campaign = unpack('>c1BI4', entry[2][2])
    if OF_USES[kind] then
      events = events + flag - 1
      for at = 27, 26 + flag * 24, 24 do OF_USES[kind](add, unpack('>I4xxxxxBI7I7', entry[2][2], at)) end
    elseif kind == 'I' then
      local coupons = math.floor((#entry[2][2] - 6) / 30)
      add(campaign, 'i', coupons)
      if flag == 1 then add(campaign, 'c', coupons) elseif flag == 3 then add(campaign, 'o', coupons) end
      events = events + coupons - 1
    elseif kind == 'O' then
      add(campaign, 'l', 1)
      add(campaign, 'H', -1)
    elseif kind == 'M' then
      add(campaign, 'm', (unpack('>I5', entry[2][2], 41)))
    elseif kind == 'W' then
      add(campaign, 'w', #entry[2][2] > 35 and unpack('>I5', entry[2][2], 36) or 1)
    elseif kind == 'E' then
      add(campaign, 'e', 1)
    elseif kind == 'K' then
      add(campaign, 'k', 1)
      add(campaign, 't', flag % 2)
      if flag >= 2 then
        add(campaign, 'l', 1)
        add(campaign, 'H', -1)
      end
    end
  end
  return sums, events
end
