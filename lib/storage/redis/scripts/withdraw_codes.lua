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
local from, to, fields = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for place = from, to do fields[#fields + 1] = string.char(place) end
local ranges = call('HGET', KEYS[1], '**') or ''
local fresh, others, uncovered = 0, {}, false
for i, state in ipairs(call('HMGET', KEYS[1], _G.unpack(fields))) do
  local covered = withdrawn(ranges, fields[i])
  uncovered = uncovered or not covered
  if not state then
    fresh = fresh + (covered and 0 or 1)
  elseif sub(state, 1, 1) ~= 'W' then
    others[#others + 1] = fields[i]
  end
end
if uncovered then
  -- A range that goes on where the last one ended makes that one longer: a job comes by several times.
  local last = #ranges - WITHDRAWN_BYTES
  if last >= 0 then
    local low, high, _, campaign = unpack(WITHDRAWN, ranges, last + 1)
    if high + 1 == from and campaign == ARGV[3] then from, ranges = low, sub(ranges, 1, last) end
  end
  call('HSET', KEYS[1], '**', ranges .. pack(WITHDRAWN, from, to, now, ARGV[3]))
end
if fresh > 0 then
  local nobody = string.rep('\0', 12)
  append(KEYS[2], 'W', 0, ARGV[3], unpack('>I5', ARGV[4]), nobody, nobody, pack('>I5', fresh))
end
return {'WITHDRAWN', now, table.concat(others)}
