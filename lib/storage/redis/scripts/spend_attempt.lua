-- Spends one of a subject's attempts, unless all of its window are spent.
-- KEYS[1] attempts: of the subject
-- ARGV[1] limit: attempts in a window
-- ARGV[2] window: its length in ms, from the first attempt
-- returns: SPENT, now, end : one was left in the window that ends then
-- returns: EXHAUSTED, now, end : none was
--include part/redis.lua
--include part/now.lua
--include part/budget.lua
local count, window_end = 0, now + ARGV[2]
local found = call('GET', KEYS[1])
if found then
  local spent, ends = unpack(BUDGET, found)
  if now < ends then count, window_end = spent, ends end
end
if count >= tonumber(ARGV[1]) then return {'EXHAUSTED', now, window_end} end
call('SET', KEYS[1], pack(BUDGET, count + 1, window_end), 'PXAT', window_end)
return {'SPENT', now, window_end}
