-- Tells a partition a campaign's version, and when the coupons end that are issued under it; an older version than it knows does
-- nothing.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] due: the partition's due set
-- ARGV[1] version: that the campaign has at its home
-- ARGV[2] ending: of the coupons
-- returns: SET : the partition knows it now
-- returns: KNOWN : it knew this version or a newer one
--include part/redis.lua
local known = tonumber(call('HGET', KEYS[1], 'v') or 0)
if known >= tonumber(ARGV[1]) then return {'KNOWN'} end
call('ZADD', KEYS[2], ARGV[2], 'e' .. ARGV[2])
call('HSET', KEYS[1], 'v', ARGV[1])
return {'SET'}
