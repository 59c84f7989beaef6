-- A coupon in its user's wallet: state(1) campaign(4) user(12) previous(3) issued(6) ending(6); while held also
-- reservation(16) until(6) order(8); once redeemed also redemption(16). `previous` is the index of the user's coupon
-- before this one, plus one; 0 ends the chain. One that was made of a code, and so spent no stock, has a field beside it: index and
-- 'x', with the code that a rollback makes of it again, or '' when the code was bound. REQUIRES redis.
local ISSUED, RESERVED, REDEEMED, EXPIRED, REVOKED = 0, 1, 2, 3, 4
local function open_coupon(value)
  local state, campaign, user, previous, issued, ending = unpack('>Bc4c12I3I6I6', value)
  local c = {state = state, campaign = campaign, user = user, previous = previous, issued = issued, ending = ending,
    static = sub(value, 2, 32)}
  if c.state == RESERVED then
    c.reservation, c.held_until, c.order = unpack('>c16I6c8', value, 33)
  elseif c.state == REDEEMED then
    c.redemption = sub(value, 33, 48)
  end
  return c
end

local function coupon_value(state, c, tail)
  return string.char(state) .. c.static .. (tail or '')
end
