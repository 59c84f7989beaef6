-- The reservation that a call means to end: its record (held, r), and which of its coupons it still holds, by place (still_held).
-- REQUIRES begin, coupon, records; KEYS[3] reservation, KEYS[4] wallet; ARGV[7] reservation_field, [8] reservation_reference, [9] indices.
local held = call('HGET', KEYS[3], ARGV[7])
if not held or sub(held, 1, 1) ~= 'H' then return {'NOT_FOUND', now} end
local r, still_held = open_record(held), {}
if r.state == 'L' then return {'RELEASED', now, (unpack('>I6', held, r.moved_at))} end
if r.state == 'C' then return {'COMMITTED', now, sub(held, r.moved_at, r.moved_at + 15)} end
for i = 1, r.count do
  local index = sub(ARGV[9], 3 * i - 2, 3 * i)
  local found = call('HGET', KEYS[4], index)
  local c = found and open_coupon(found)
  if c and c.state == RESERVED and c.reservation == ARGV[8] and now < c.held_until then
    c.place, c.index = i, index
    still_held[#still_held + 1] = c
  end
end
