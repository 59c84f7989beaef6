-- How every script of one operation begins. KEYS[1] operation, KEYS[2] operation_earlier; ARGV[1] deadline, [2] field,
-- [3] body, [4] operation_expires, [5] period_from, [6] period_until.
local status, record, was_earlier = find(KEYS[1], KEYS[2], ARGV[2], ARGV[3])
if status then return {status, now, record, was_earlier} end
if now > tonumber(ARGV[1]) then return {'DEADLINE', now} end
if now < tonumber(ARGV[5]) or now >= tonumber(ARGV[6]) then return {'PERIOD', now} end
