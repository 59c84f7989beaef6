-- Notes at home that every partition was told of a version. A newer change that is pending stays so.
-- KEYS[1] definition: the campaign's record
-- KEYS[2] pending: campaigns of this home with a change under way
-- ARGV[1] version: that every partition knows
-- ARGV[2] id: of the campaign
-- returns: FINISHED : nothing is pending any more
-- returns: PENDING : a newer change is
--include part/redis.lua
local pending = call('HGET', KEYS[1], 'pending')
if pending and tonumber(pending) > tonumber(ARGV[1]) then return {'PENDING'} end
call('HDEL', KEYS[1], 'pending')
call('SREM', KEYS[2], ARGV[2])
return {'FINISHED'}
