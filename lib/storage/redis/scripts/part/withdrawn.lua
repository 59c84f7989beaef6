-- What was withdrawn of a bucket of codes by ranges of places, all at once: field '**' (a code's own has one byte), one after the other from(1) to(1) at(6)
-- campaign(4). It holds for codes without a state of their own, and so for one that is set free later. REQUIRES redis.
local WITHDRAWN, WITHDRAWN_BYTES = '>BBI6c4', 12

-- The campaign of the withdrawal that a place is under, or nothing.
local function withdrawn(ranges, place)
  local at = string.byte(place)
  for i = 1, #(ranges or ''), WITHDRAWN_BYTES do
    local from, to, _, campaign = unpack(WITHDRAWN, ranges, i)
    if at >= from and at <= to then return campaign end
  end
end
