-- Gives stored codes their numbers. One that has a number keeps it, so the same codes may be sent again. At most 1,000.
-- KEYS[1] ledger: the partition's stream of events
-- KEYS[2] stored: the bucket of the first code; so on, one for each
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] campaign: its number, 4 bytes
-- ARGV[3] batch: that the codes are of
-- ARGV[4] code: digest(12) and number(5) of the first code; so on, one for each
-- returns: ADDED, now, numbers : the number that each code has now, 5 bytes each
-- returns: DEADLINE, now : too late
--include part/redis.lua
--include part/now.lua
--include part/event.lua
if now > tonumber(ARGV[1]) then return {'DEADLINE', now} end
local numbers, made = {}, 0
for i = 2, #KEYS do
  local digest, number = unpack('>c12c5', ARGV[i + 2])
  local known = call('HGET', KEYS[i], digest)
  if not known then
    call('HSET', KEYS[i], digest, number)
    made = made + 1
  end
  numbers[#numbers + 1] = known or number
end
if made > 0 then
  local nobody = string.rep('\0', 12)
  append(KEYS[1], 'M', 0, ARGV[2], unpack('>I5', sub(ARGV[4], 13)), nobody, nobody, pack('>I5I5', ARGV[3], made))
end
return {'ADDED', now, table.concat(numbers)}
