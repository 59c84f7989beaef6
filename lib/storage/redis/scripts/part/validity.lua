-- How long coupons of a campaign can be used, packed as VALIDITY: when that ends for the campaign, when it begins, how long after the
-- claim it begins for a coupon, how long it lasts then (0: to the end), and 1 where it lasts as long past the end. REQUIRES now.
local VALIDITY = '>c6I6I6I6B'
-- The end of a coupon that is claimed now, 6 bytes, and whether others of its campaign end later.
local function ending_of(validity)
  local closes, opens, wait, lasts, outlasts = unpack(VALIDITY, validity)
  if lasts == 0 then return closes, false end
  local ending = math.max(opens, now + wait) + lasts
  if outlasts == 0 then ending = math.min(ending, (unpack('>I6', closes))) end
  return pack('>I6', ending), true
end
