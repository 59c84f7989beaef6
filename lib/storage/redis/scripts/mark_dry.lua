-- Notes at home that no unit of a limit is anywhere but in the pool, if nothing moved since the proof began. What the pool has is
-- then all that is left: whoever needs more is refused, whoever needs less is served and ends it.
-- KEYS[1] books: the home's books of the limit
-- ARGV[1] version: of the books when the proof began; the pool changes only with it
-- returns: DRY : noted
-- returns: MOVED, version : it is not proven any more
--include part/redis.lua
local version = call('HGET', KEYS[1], 'version')
if version ~= ARGV[1] then return {'MOVED', version or '0'} end
call('HSET', KEYS[1], 'dry', 1)
return {'DRY'}
