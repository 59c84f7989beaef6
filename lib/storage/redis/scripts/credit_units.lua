-- Credits the pool at home with what a partition gave back. The total ever sent rides in: twice does nothing.
-- KEYS[1] books: the home's books of the limit
-- ARGV[1] partition: that sent
-- ARGV[2] sent: total that it ever sent
-- returns: CREDITED, units : so many came home; 0 when they had before
-- returns: OVER : the books are closed; the units lapse with their day
--include part/redis.lua
local received = 'r' .. ARGV[1]
local books = call('HMGET', KEYS[1], 'pool', 'version', received)
if not books[1] then return {'OVER'} end
local news = tonumber(ARGV[2]) - tonumber(books[3] or 0)
if news <= 0 then return {'CREDITED', 0} end
call('HSET', KEYS[1], 'pool', books[1] + news, 'version', books[2] + 1, 'dry', 0, received, ARGV[2])
return {'CREDITED', news}
