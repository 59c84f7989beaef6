-- Takes one use of a code that is good several times, at the code's home, or only looks.
-- KEYS[1] uses: by operation, and 'w' when an operator took the code back
-- KEYS[2] taken: uses that operations have taken and not decided
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] holder: the operation
-- ARGV[3] attempt: its number, from 1
-- ARGV[4] mode: take or look
-- ARGV[5] limit: of uses
-- returns: TAKEN, now : a use is the operation's
-- returns: FREE, now : a use is left; mode look
-- returns: HELD, now, since, attempt, holder : none is left, but for what another operation took at that instant
-- returns: USED, now, number, holder : the operation made that coupon of it
-- returns: SPENT, now : none is left
-- returns: REVOKED, now : an operator took it back
-- returns: DEADLINE, now : too late
--include part/redis.lua
--include part/now.lua
--include part/code.lua
--include part/withdrawn.lua
local looks, operation = ARGV[4] == 'look', sub(ARGV[2], 7)
local found = call('HMGET', KEYS[1], operation, 'w', '**')
if found[1] then
  local _, number, holder = unpack(USED, found[1])
  return {'USED', now, number, holder}
end
local attempt, since = tonumber(ARGV[3]), now
local taken = call('HGET', KEYS[2], operation)
if taken then
  local _, of, at = unpack(TAKEN, taken)
  attempt, since = math.max(attempt, of), at
else
  if found[2] or withdrawn(found[3], 'w') then return {'REVOKED', now} end
  local undecided = call('HLEN', KEYS[2])
  if call('HLEN', KEYS[1]) + undecided >= tonumber(ARGV[5]) then
    if undecided == 0 then return {'SPENT', now} end
    local other = call('HRANDFIELD', KEYS[2], 1, 'WITHVALUES')
    local _, of, at, holder = unpack(TAKEN, other[2])
    return {'HELD', now, at, of, holder}
  end
  if looks then return {'FREE', now} end
end
if now > tonumber(ARGV[1]) then return {'DEADLINE', now} end
call('HSET', KEYS[2], operation, pack(TAKEN, 'T', attempt, since, ARGV[2]))
return {'TAKEN', now}
