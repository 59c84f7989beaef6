-- Gives back an amount of a limit at a partition and nothing else.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] owed: limits of this partition with units that their home has not got yet
-- ARGV[1] field: the partition's part of the limit in the campaign
-- ARGV[2] window: start of the day that it was spent of, or 0
-- ARGV[3] amount: to give back
-- ARGV[4] number: of the campaign
-- returns: RETURNED : the home is owed it
-- returns: LAPSED : the day is over
--include part/redis.lua
--include part/now.lua
--include part/stock.lua
--include part/limit.lua
local window = tonumber(ARGV[2])
local l = open_limit(call('HGET', KEYS[1], ARGV[1]), window, 0)
if not l or not give_back(l, tonumber(ARGV[3])) then return {'LAPSED'} end
call('HSET', KEYS[1], ARGV[1], limit_value(l))
call('SADD', KEYS[2], owed_name(ARGV[4], ARGV[1], window))
return {'RETURNED'}
