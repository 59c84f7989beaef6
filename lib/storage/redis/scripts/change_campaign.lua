-- Moves a campaign to its next version at its home. The change is pending until every partition was told.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] definition: the campaign's record
-- KEYS[4] stock: the home's books of the campaign's stock
-- KEYS[5] budget: those of its budget
-- KEYS[6] pending: campaigns of this home with a change under way
-- KEYS[7] ledger: the home's stream of events
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] id: of the campaign
-- ARGV[8] version: that the change was made for
-- ARGV[9] state: the new one
-- ARGV[10] definition: the new one, or '' for no change
-- ARGV[11] stock: the new cap, or '' for no change
-- ARGV[12] budget: the same
-- returns: OK, now, record, earlier : the change's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: NOT_FOUND, now : no such campaign
-- returns: STALE, now, version : the campaign is at another version
-- returns: SHORT, now, stock, budget : so many units of each must come home before the caps can be lowered
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
local d = call('HMGET', KEYS[3], 'v', 'number', 'definition')
if not d[1] then return {'NOT_FOUND', now} end
if d[1] ~= ARGV[8] then return {'STALE', now, d[1]} end
-- Books that are not open yet will open with the new cap.
local changed, missing = {}, {0, 0}
for i = 1, 2 do
  local books, cap = call('HMGET', KEYS[3 + i], 'pool', 'cap', 'version'), ARGV[10 + i]
  if books[1] and cap ~= '' then
    local pool = books[1] + cap - books[2]
    missing[i], changed[i] = math.max(-pool, 0), {pool, cap, books[3] + 1}
  end
end
if missing[1] + missing[2] > 0 then return {'SHORT', now, missing[1], missing[2]} end
for i, c in pairs(changed) do call('HSET', KEYS[3 + i], 'pool', c[1], 'cap', c[2], 'version', c[3], 'dry', 0) end
local version = tonumber(ARGV[8]) + 1
call('HSET', KEYS[3], 'v', version, 'state', ARGV[9], 'updated', now, 'pending', version,
  'definition', ARGV[10] ~= '' and ARGV[10] or d[3])
call('SADD', KEYS[6], ARGV[7])
local packed, state = pack('>I4', tonumber(d[2])), tonumber(ARGV[9])
append(KEYS[7], 'C', state, packed, version, string.rep('\0', 12), ARGV[2])
local result = pack('>c1c8c4I5BI6', 'C', ARGV[3], packed, version, state, now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
