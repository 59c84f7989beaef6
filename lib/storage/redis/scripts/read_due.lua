-- Reads what is due in a partition by Redis' own clock.
-- KEYS[1] due: the partition's due set
-- ARGV[1] count: at most
-- returns: OK, now, then the members : earliest first
--include part/redis.lua
--include part/now.lua
local due = call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
table.insert(due, 1, now)
table.insert(due, 1, 'OK')
return due
