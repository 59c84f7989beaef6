-- Spends an amount of a limit at a partition and nothing else: the least that a script with a limit does.
-- KEYS[1] campaign: the campaign in this partition
-- ARGV[1] field: the partition's part of the limit in it
-- ARGV[2] window: start of the day that the limit counts, or 0
-- ARGV[3] leased: total ever leased to the partition, as far as known
-- ARGV[4] amount: to spend
-- returns: SPENT : it is
-- returns: NEED, got, share : too little is at hand
-- returns: OVER : a later day has begun
--include part/redis.lua
--include part/now.lua
--include part/stock.lua
--include part/limit.lua
local amount = tonumber(ARGV[4])
local l = open_limit(call('HGET', KEYS[1], ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
if not l then return {'OVER'} end
local short = lacking(l, amount) > 0
if not short then spend(l, amount) end
if l.changed then call('HSET', KEYS[1], ARGV[1], limit_value(l)) end
if short then return {'NEED', l.got, l.share} end
return {'SPENT'}
