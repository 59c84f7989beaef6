-- Notes at home that no unit of a limit is anywhere, if nothing moved since the proof began.
-- KEYS[1] stock: the home's books of the limit
-- ARGV[1] version: of the books when the proof began
-- returns: DRY : noted
-- returns: MOVED, version : it is not so, or not proven any more
--include part/redis.lua
local books = call('HMGET', KEYS[1], 'pool', 'version')
if not books[1] or tonumber(books[1]) > 0 or books[2] ~= ARGV[1] then return {'MOVED', books[2] or '0'} end
call('HSET', KEYS[1], 'dry', 1)
return {'DRY'}
