-- Tells a code that is good several times what became of an operation that took a use of it.
-- KEYS[1] uses: by operation
-- KEYS[2] taken: uses that operations have taken and not decided
-- ARGV[1] holder: the operation
-- ARGV[2] what: used (it committed), free (no attempt up to this one can) or undone (it was rolled back, and gives its use back)
-- ARGV[3] attempt: for free
-- ARGV[4] number: of the coupon, 5 bytes, for used
-- returns: TOLD : the home has it
-- returns: KEPT : nothing changes
--include part/redis.lua
--include part/code.lua
local operation = sub(ARGV[1], 7)
local taken, used = call('HGET', KEYS[2], operation), call('HGET', KEYS[1], operation)
if ARGV[2] == 'undone' then
  if not taken and not used then return {'KEPT'} end
  if used then call('HDEL', KEYS[1], operation) end
else
  if not taken then return {'KEPT'} end
  local _, attempt = unpack(TAKEN, taken)
  if ARGV[2] == 'free' and attempt > tonumber(ARGV[3]) then return {'KEPT'} end
  if ARGV[2] == 'used' then call('HSET', KEYS[1], operation, pack(USED, 'U', ARGV[4], ARGV[1])) end
end
if taken then call('HDEL', KEYS[2], operation) end
return {'TOLD'}
