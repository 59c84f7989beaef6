-- Adds the next events of a partition's ledger to its totals: exactly once, whoever else tries the same.
-- KEYS[1] ledger: the partition's stream of events
-- KEYS[2] totals: the partition's sums; the field `last` is the id of the last entry in them, `entries` their number
-- ARGV[1] last: the id that the service believes to be the last applied
-- ARGV[2] count: entries at most; one has all events of a step
-- returns: OK, now, applied, last, waiting : events applied; waiting is the id of the next entry, or ''
-- returns: MOVED, now, last : somebody was faster
-- returns: REWOUND, now, last : the ledger ends before what was applied: events were lost
--include part/redis.lua
--include part/now.lua
--include part/tally.lua
local last = call('HGET', KEYS[2], 'last') or '0-0'
if last ~= ARGV[1] then return {'MOVED', now, last} end
local entries = call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', tonumber(ARGV[2]) + 1)
local waiting = ''
if #entries > tonumber(ARGV[2]) then
  waiting = entries[#entries][1]
  entries[#entries] = nil
end
if #entries == 0 then
  local newest = call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  if last ~= '0-0' and (not newest[1] or newest[1][1] ~= last) then return {'REWOUND', now, last} end
  return {'OK', now, 0, last, ''}
end
last = entries[#entries][1]
local sums, events = tally(entries, {entries = #entries})
for name, sum in pairs(sums) do
  if sum ~= 0 then call('HINCRBY', KEYS[2], name, sum) end
end
call('HSET', KEYS[2], 'last', last)
return {'OK', now, events, last, waiting}
