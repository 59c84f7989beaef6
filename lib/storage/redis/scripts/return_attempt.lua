-- Gives back an attempt whose code was right.
-- KEYS[1] attempts: of the subject
-- ARGV[1] end: of the window in which it was spent
-- returns: RETURNED, now : one less is spent
-- returns: OVER, now : that window is over, or nothing is spent in it
--include part/redis.lua
--include part/now.lua
--include part/budget.lua
local found = call('GET', KEYS[1])
local spent, ends = 0, 0
if found then spent, ends = unpack(BUDGET, found) end
if spent == 0 or now >= ends or ends ~= tonumber(ARGV[1]) then return {'OVER', now} end
call('SET', KEYS[1], pack(BUDGET, spent - 1, ends), 'PXAT', ends)
return {'RETURNED', now}
