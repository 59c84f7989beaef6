-- Takes a code for an operation, at the code's home, or only looks.
-- KEYS[1] codes: bucket of the code's state
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the code in its bucket, 1 byte
-- ARGV[3] holder: the operation
-- ARGV[4] attempt: its number, from 1
-- ARGV[5] mode: take or look
-- returns: TAKEN, now : it is the operation's
-- returns: FREE, now : nobody has it; mode look
-- returns: HELD, now, since, attempt, holder : another operation took it at that instant
-- returns: USED, now, number, holder : an operation, which may be this one, made that coupon of it
-- returns: REVOKED, now : an operator took it back
-- returns: DEADLINE, now : too late
--include part/redis.lua
--include part/now.lua
--include part/code.lua
--include part/withdrawn.lua
local states = call('HMGET', KEYS[1], ARGV[2], '**')
local found = states[1]
local looks = ARGV[5] == 'look'
if found and sub(found, 1, 1) == 'U' then
  local _, number, holder = unpack(USED, found)
  return {'USED', now, number, holder}
end
if found and sub(found, 1, 1) == 'W' or not found and withdrawn(states[2], ARGV[2]) then return {'REVOKED', now} end
local attempt, since = tonumber(ARGV[4]), now
if found then
  local _, of, at, holder = unpack(TAKEN, found)
  if looks or not same(holder, ARGV[3]) then return {'HELD', now, at, of, holder} end
  attempt, since = math.max(attempt, of), at
end
if looks then return {'FREE', now} end
if now > tonumber(ARGV[1]) then return {'DEADLINE', now} end
call('HSET', KEYS[1], ARGV[2], pack(TAKEN, 'T', attempt, since, ARGV[3]))
return {'TAKEN', now}
