-- Calls a partition's share of a limit back, for a claim elsewhere. A block that came only now is left to its owner.
-- KEYS[1] campaign: the campaign in this partition
-- ARGV[1] window: start of the day that the limit counts, or 0 for the whole stock
-- ARGV[2] leased: total ever leased to this partition
-- ARGV[3] fresh: milliseconds for which a block is left alone
-- returns: COLLECTED, got, sent, share : totals, and what is still at hand because it is fresh
-- returns: OVER : the partition is in a later day
--include part/now.lua
--include part/stock.lua
local field, window = ARGV[1] == '0' and 's' or 'D', tonumber(ARGV[1])
local value = redis.call('HGET', KEYS[1], field)
if value and #value == 40 and struct.unpack('>I6', value, 35) > window then return {'OVER'} end
local s = open_stock(value, window)
local changed = deposit(s, tonumber(ARGV[2]), now)
if s.share > 0 and now - s.at >= tonumber(ARGV[3]) then
  s.sent, s.share, changed = s.sent + s.share, 0, true
end
if changed then redis.call('HSET', KEYS[1], field, stock_value(s)) end
return {'COLLECTED', s.got, s.sent, s.share}
