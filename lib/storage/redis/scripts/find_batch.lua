-- Finds the range of a batch at its home: ranges stand in the order of their batches.
-- KEYS[1] ranges: of code numbers given out here
-- ARGV[1] batch: its number at this home
-- returns: FOUND, range : as part/range.lua packs it
-- returns: NONE : no codes were given out under that number
--include part/redis.lua
--include part/range.lua
local low, high, wanted = 0, call('ZCARD', KEYS[1]) - 1, tonumber(ARGV[1])
-- At most 64 rounds: each halves what is left.
while low <= high do
  local middle = math.floor((low + high) / 2)
  local range = call('ZRANGE', KEYS[1], middle, middle)[1]
  local _, _, _, batch = unpack(RANGE, range)
  if batch == wanted then return {'FOUND', range} end
  if batch < wanted then low = middle + 1 else high = middle - 1 end
end
return {'NONE'}
