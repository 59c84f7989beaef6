-- Takes back a range of codes in one bucket of states: those that nobody has, now or when they are set free.
-- KEYS[1] codes: bucket of the codes' states
-- KEYS[2] ledger: the partition's stream of events
-- ARGV[1] from: place of the first in the bucket
-- ARGV[2] to: place of the last
-- ARGV[3] campaign: its number, 4 bytes
-- ARGV[4] code: number of the first, 5 bytes
-- returns: WITHDRAWN, now, others : done; the places, a byte each, that an operation took or made a coupon of
--include part/redis.lua
--include part/now.lua
--include part/event.lua
--include part/withdrawn.lua
local from, to = tonumber(ARGV[1]), tonumber(ARGV[2])
local fields = {}
for place = from, to do fields[#fields + 1] = string.char(place) end
local ranges = call('HGET', KEYS[1], '**') or ''
local fresh, others = 0, {}
for i, state in ipairs(call('HMGET', KEYS[1], _G.unpack(fields))) do
  if not state then
    fresh = fresh + (withdrawn(ranges, fields[i]) and 0 or 1)
  elseif sub(state, 1, 1) ~= 'W' then
    others[#others + 1] = fields[i]
  end
end
local known = false
for i = 1, #ranges, WITHDRAWN_BYTES do
  local low, high = unpack(WITHDRAWN, ranges, i)
  known = known or (low == from and high == to)
end
if not known then call('HSET', KEYS[1], '**', ranges .. pack(WITHDRAWN, from, to, now, ARGV[3])) end
if fresh > 0 then
  local nobody = string.rep('\0', 12)
  append(KEYS[2], 'W', 0, ARGV[3], unpack('>I5', ARGV[4]), nobody, nobody, pack('>I5', fresh))
end
return {'WITHDRAWN', now, table.concat(others)}
