-- Reads, in one instant, the counters of campaigns in a partition and what the ledger says they should be.
-- KEYS[1] totals: the partition's sums
-- KEYS[2] ledger: the partition's stream of events
-- KEYS[3..] campaign: each campaign in this partition
-- ARGV[1] count: entries not yet applied that are added up here, at most
-- ARGV[2..] number: of each campaign
-- returns: OK, then per campaign reserved, redeemed, expired, revoked, stock, stock_day, budget, budget_day and sums : the parts of the
--   limits here, and the sums in the order of METRICS; always, but for
-- returns: BEHIND : more entries than that are not applied
--include part/redis.lua
--include part/tally.lua
local METRICS = {'i', 'c', 'h', 'l', 'r', 'b', 'e', 'k', 't', 'm', 'w', 'o', 'H', 'X', 's', 'd'}
local last = call('HGET', KEYS[1], 'last') or '0-0'
local entries = call('XRANGE', KEYS[2], '(' .. last, '+', 'COUNT', tonumber(ARGV[1]) + 1)
if #entries > tonumber(ARGV[1]) then return {'BEHIND'} end
local sums = tally(entries, {})
local answer = {'OK'}
for i = 2, #ARGV do
  local counters = call('HMGET', KEYS[1 + i], 'r', 'x', 'e', 'k', 's', 'D', 'b', 'B')
  for c = 1, 8 do answer[#answer + 1] = counters[c] or '' end
  local names = {}
  for m, metric in ipairs(METRICS) do names[m] = ARGV[i] .. ':' .. metric end
  local applied = call('HMGET', KEYS[1], spread(names))
  for m, name in ipairs(names) do answer[#answer + 1] = tonumber(applied[m] or 0) + (sums[name] or 0) end
end
return answer
