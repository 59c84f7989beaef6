-- Records of redemptions and reservations as they live on: 'R' or 'H', body(8) state(1) at(6) spent(6), when its limits
-- were spent, discount(7) count(1), of a reservation
-- until(6), then as many uses as part/event.lua has them, the number(1) of those that were made of codes, each code(5) and place(1)
-- among the uses from 0, what the state adds, and the service's receipt. State '-' adds nothing; 'C', committed: redemption(16); 'L',
-- released: at(6); 'P', returned in part, and 'B', taken back whole: the number of returns(1), each at(6) restored(3), a bit for each
-- coupon that the return names. REQUIRES redis, event.
local RECORD, RECORD_HEAD = '>c1c8c1I6I6I7B', 30
local function open_record(record)
  local r = {}
  r.type, r.body, r.state, r.at, r.spent_at, r.discount, r.count = unpack(RECORD, record)
  r.uses_at = RECORD_HEAD + 1 + (r.type == 'H' and 6 or 0)
  r.codes_at = r.uses_at + r.count * USE_BYTES
  r.moved_at = r.codes_at + 1 + string.byte(record, r.codes_at) * 6
  r.uses = sub(record, r.uses_at, r.codes_at - 1)
  return r
end

-- The record in another state for the first time, with what that adds before the receipt.
local function move_record(record, r, state, added)
  return sub(record, 1, 9) .. state .. sub(record, 11, r.moved_at - 1) .. added .. sub(record, r.moved_at)
end

-- What a use's flag says in a record: that the coupon was held before, that it was taken back, and that it can be used again.
local WAS_HELD, TAKEN_BACK, RESTORED = 1, 2, 4
local function is_restored(use)
  return string.byte(use, 10) >= RESTORED
end

-- The use of the coupon that was made of a code, or nothing.
local function use_of_code(record, code)
  local r = open_record(record)
  for at = r.codes_at + 1, r.moved_at - 1, 6 do
    local place = string.byte(record, at + 5)
    if sub(record, at, at + 4) == code then return sub(r.uses, place * USE_BYTES + 1, (place + 1) * USE_BYTES) end
  end
end
