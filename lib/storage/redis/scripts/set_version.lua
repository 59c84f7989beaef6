-- Tells a partition a campaign's version; an older one than it knows does nothing.
-- KEYS[1] campaign: the campaign in this partition
-- ARGV[1] version: that the campaign has at its home
-- returns: SET : the partition knows it now
-- returns: KNOWN : it knew this version or a newer one
local known = tonumber(redis.call('HGET', KEYS[1], 'v') or 0)
if known >= tonumber(ARGV[1]) then return {'KNOWN'} end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return {'SET'}
