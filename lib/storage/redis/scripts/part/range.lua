-- Ranges of code numbers, given out once each, in the order of their batches: first index(5) count(5) campaign(4) batch(5) key id(1)
-- uses of each imported code(4; 0 for others), by the first index. REQUIRES redis.
local RANGE = '>I5I5c4I5c1I4'
local function next_batch(batches)
  return tonumber(call('HGET', batches, 'batches') or 0) + 1
end

-- The first index of the range of `batch`, or nothing when so many numbers are not left.
local function give_out(ranges, batches, batch, count, index_end, campaign, key_id, uses)
  local first = tonumber(call('HGET', batches, 'next') or 0)
  if first + count > index_end then return nil end
  call('HSET', batches, 'next', first + count, 'batches', batch)
  call('ZADD', ranges, first, pack(RANGE, first, count, campaign, batch, key_id, uses))
  return first
end
