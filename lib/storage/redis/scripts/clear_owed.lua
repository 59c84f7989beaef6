-- Forgets that a partition owes a limit's home units, unless more came back meanwhile.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] owed: limits of this partition with units that their home has not got yet
-- ARGV[1] field: the partition's part of the limit in the campaign
-- ARGV[2] window: start of the day that the limit counts, or 0 for one that counts for good
-- ARGV[3] sent: total that the home was credited with, or '' when it found nothing of the window
-- ARGV[4] name: of the limit among the owed
-- returns: CLEARED : nothing is owed
-- returns: OWED : more is
--include part/redis.lua
--include part/stock.lua
--include part/open_stock.lua
local _, _, _, _, sent = open_stock(call('HGET', KEYS[1], ARGV[1]), tonumber(ARGV[2]))
-- A day that had not begun when the caller looked owes nothing to it, and may have begun since.
if sent > (tonumber(ARGV[3]) or 0) then return {'OWED'} end
call('SREM', KEYS[2], ARGV[4])
return {'CLEARED'}
