-- Tells a code's home what became of the operation that took it. Nothing happens when the code is another's by now.
-- KEYS[1] codes: bucket of the code's state
-- KEYS[2] ledger: the partition's stream of events
-- ARGV[1] field: of the code in its bucket, 1 byte
-- ARGV[2] holder: the operation
-- ARGV[3] what: used (it committed), free (no attempt up to this one can) or undone (it was rolled back, and frees the code)
-- ARGV[4] attempt: for free
-- ARGV[5] number: of the coupon, 5 bytes, for used
-- ARGV[6] code: its number, 5 bytes
-- returns: TOLD : the home has it
-- returns: KEPT : the code stays as it is
--include part/redis.lua
--include part/code.lua
--include part/event.lua
--include part/withdrawn.lua
local found = call('HGET', KEYS[1], ARGV[1])
if not found or sub(found, 1, 1) == 'W' then return {'KEPT'} end
local taken = sub(found, 1, 1) == 'T'
local attempt = taken and select(2, unpack(TAKEN, found))
-- Either state ends with the holder.
if not same(sub(found, -26), ARGV[2]) then return {'KEPT'} end
if ARGV[3] == 'used' then
  if not taken then return {'KEPT'} end
  call('HSET', KEYS[1], ARGV[1], pack(USED, 'U', ARGV[5], ARGV[2]))
  return {'TOLD'}
end
if ARGV[3] == 'free' and (not taken or attempt > tonumber(ARGV[4])) then return {'KEPT'} end
local campaign = withdrawn(call('HGET', KEYS[1], '**'), ARGV[1])
call('HDEL', KEYS[1], ARGV[1])
if campaign then
  local nobody = string.rep('\0', 12)
  append(KEYS[2], 'W', 0, campaign, unpack('>I5', ARGV[6]), nobody, nobody)
end
return {'TOLD'}
