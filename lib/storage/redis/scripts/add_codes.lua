-- Gives stored codes their numbers. One that has a number keeps it, so the same codes may be sent again. At most 1,000.
-- KEYS[1] ledger: the partition's stream of events
-- KEYS[2] given: how many numbers of the batch were given out here
-- KEYS[3] stored: the bucket of the first code; so on, one for each
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] campaign: its number, 4 bytes
-- ARGV[3] batch: that the codes are of
-- ARGV[4] first: the first number that the batch has for this partition
-- ARGV[5] stride: what the next one adds
-- ARGV[6] most: how many it has
-- ARGV[7] code: of the first code its digest(12), and its number(5) where it has one already; so on, one for each
-- returns: ADDED, now, numbers : the number that each code has now, 5 bytes each
-- returns: FULL, now : the batch has not so many numbers
-- returns: DEADLINE, now : too late
--include part/redis.lua
--include part/now.lua
--include part/event.lua
if now > tonumber(ARGV[1]) then return {'DEADLINE', now} end
local numbers, fresh, given, given_before = {}, {}, 0, tonumber(call('GET', KEYS[2]) or 0)
for i = 3, #KEYS do
  local code = ARGV[i + 4]
  local number = call('HGET', KEYS[i], sub(code, 1, 12))
  if not number then
    fresh[#fresh + 1] = i
    number = sub(code, 13)
    if number == '' then
      number = pack('>I5', ARGV[4] + (given_before + given) * ARGV[5])
      given = given + 1
    end
  end
  numbers[i - 2] = number
end
if given_before + given > tonumber(ARGV[6]) then return {'FULL', now} end
if given > 0 then call('SET', KEYS[2], given_before + given) end
for _, i in ipairs(fresh) do call('HSET', KEYS[i], sub(ARGV[i + 4], 1, 12), numbers[i - 2]) end
if #fresh > 0 then
  local nobody = string.rep('\0', 12)
  append(KEYS[1], 'M', 0, ARGV[2], unpack('>I5', numbers[fresh[1] - 2]), nobody, nobody, pack('>I5I5', ARGV[3], #fresh))
end
return {'ADDED', now, table.concat(numbers)}
