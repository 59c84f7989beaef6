-- Forgets that a partition owes a limit's home units, unless more came back meanwhile.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] owed: limits of this partition with units that their home has not got yet
-- ARGV[1] window: start of the day that the limit counts, or 0 for the whole stock
-- ARGV[2] sent: total that the home was credited with, or '' when the day is over
-- ARGV[3] name: of the limit among the owed
-- returns: CLEARED : nothing is owed
-- returns: OWED : more is
--include part/redis.lua
--include part/stock.lua
--include part/open_stock.lua
local _, _, _, _, sent = open_stock(call('HGET', KEYS[1], ARGV[1] == '0' and 's' or 'D'), tonumber(ARGV[1]))
if ARGV[2] ~= '' and sent > tonumber(ARGV[2]) then return {'OWED'} end
call('SREM', KEYS[2], ARGV[3])
return {'CLEARED'}
