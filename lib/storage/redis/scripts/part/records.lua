-- Records of redemptions and reservations as they live on: 'R' body(8) state(1) at(6) number(5) campaign(4) subtotal(7)
-- discount(7), 'H' the same and until(6). state is '-' at first. 'B': rolled back, then at(6) restored(1); 'C': committed,
-- then redemption(16); 'L': released, then at(6). The order's id ends the record. REQUIRES redis.
local function open_record(record)
  local r = {}
  r.state, r.at, r.number, r.campaign, r.subtotal, r.discount = unpack('>c1I6I5c4I7I7', record, 10)
  r.fixed = sub(record, 1, 1) == 'H' and 45 or 39
  return r
end

-- The record in another state, with what that state adds before the order's id.
local function move_record(record, r, state, added)
  return sub(record, 1, 9) .. state .. sub(record, 11, r.fixed) .. added .. sub(record, r.fixed + 1)
end
