-- Calls a partition's share of a limit back, for a need elsewhere. A block that came only now is left to its owner.
-- KEYS[1] campaign: the campaign in this partition
-- ARGV[1] field: the partition's part of the limit in it
-- ARGV[2] window: start of the day that the limit counts, or 0 for one that counts for good
-- ARGV[3] leased: total ever leased to this partition
-- ARGV[4] fresh: milliseconds for which a block is left alone
-- returns: COLLECTED, got, sent, share : totals, and what is still at hand because it is fresh
-- returns: OVER : the partition is in a later day
--include part/redis.lua
--include part/now.lua
--include part/stock.lua
--include part/open_stock.lua
local field, window = ARGV[1], tonumber(ARGV[2])
local value = call('HGET', KEYS[1], field)
if value and unpack('>I6', value, 42) > window then return {'OVER'} end
local leased = tonumber(ARGV[3])
local issued, share, used, got, sent, at = open_stock(value, window)
local changed = leased > got
if changed then share, got, at = share + leased - got, leased, now end
if share > 0 and now - at >= tonumber(ARGV[4]) then sent, share, changed = sent + share, 0, true end
if changed then call('HSET', KEYS[1], field, pack(STOCK, issued, share, used, got, sent, at, window)) end
return {'COLLECTED', got, sent, share}
