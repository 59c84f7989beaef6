-- A code's home was told: the partition needs not remember, unless there is other news by now.
-- KEYS[1] outgoing: what codes' homes have still to be told
-- ARGV[1] code: its number, 5 bytes, and the operation, as scripts/redeem.lua and bind_code.lua name it
-- ARGV[2] news: that the home was told
-- returns: CLEARED : nothing is left to be told of it
-- returns: NEWS : something else is
--include part/redis.lua
local news = call('HGET', KEYS[1], ARGV[1])
if news and news ~= ARGV[2] then return {'NEWS'} end
call('HDEL', KEYS[1], ARGV[1])
return {'CLEARED'}
