-- Reads, in one instant, a campaign's counters in a partition and what the ledger says they should be.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] totals: the partition's sums
-- KEYS[3] ledger: the partition's stream of events
-- ARGV[1] number: of the campaign
-- ARGV[2] count: entries not yet applied that are added up here, at most
-- returns: OK, reserved, redeemed, expired, revoked, stock, budget, then the sums in the order of METRICS : always, but for
-- returns: BEHIND : more entries than that are not applied
--include part/redis.lua
--include part/tally.lua
local METRICS = {'i', 'c', 'h', 'l', 'r', 'b', 'e', 'k', 't', 'm', 'w', 'o', 'H', 'X', 's', 'd'}
local last = call('HGET', KEYS[2], 'last') or '0-0'
local entries = call('XRANGE', KEYS[3], '(' .. last, '+', 'COUNT', tonumber(ARGV[2]) + 1)
if #entries > tonumber(ARGV[2]) then return {'BEHIND'} end
local sums = tally(entries, {})
local answer = {'OK'}
local counters = call('HMGET', KEYS[1], 'r', 'x', 'e', 'k', 's', 'b')
for i = 1, 6 do answer[1 + i] = counters[i] or '' end
for i, metric in ipairs(METRICS) do
  local name = ARGV[1] .. ':' .. metric
  answer[7 + i] = tonumber(call('HGET', KEYS[2], name) or 0) + (sums[name] or 0)
end
return answer
