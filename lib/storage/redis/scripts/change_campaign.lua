-- Moves a campaign to its next version at its home. The change is pending until every partition was told.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] definition: the campaign's record
-- KEYS[4] stock: the home's books of the campaign's stock
-- KEYS[5] pending: campaigns of this home with a change under way
-- KEYS[6] ledger: the home's stream of events
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
-- returns: OK, now, record, earlier : the change's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: NOT_FOUND, now : no such campaign
-- returns: STALE, now, version : the campaign is at another version
-- returns: SHORT, now, missing : so many units must come home before the cap can be lowered
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
local d = call('HMGET', KEYS[3], 'v', 'number', 'definition')
if not d[1] then return {'NOT_FOUND', now} end
if d[1] ~= ARGV[8] then return {'STALE', now, d[1]} end
local books = call('HMGET', KEYS[4], 'pool', 'cap', 'version')
local pool = tonumber(books[1] or '')
if pool and ARGV[11] ~= '' then
  local more = tonumber(ARGV[11]) - tonumber(books[2])
  if pool + more < 0 then return {'SHORT', now, -(pool + more)} end
  call('HSET', KEYS[4], 'pool', pool + more, 'cap', ARGV[11], 'version', books[3] + 1, 'dry', 0)
end
local version = tonumber(ARGV[8]) + 1
call('HSET', KEYS[3], 'v', version, 'state', ARGV[9], 'updated', now, 'pending', version,
  'definition', ARGV[10] ~= '' and ARGV[10] or d[3])
call('SADD', KEYS[5], ARGV[7])
local packed, state = pack('>I4', tonumber(d[2])), tonumber(ARGV[9])
append(KEYS[6], 'C', state, packed, version, string.rep('\0', 12), ARGV[2])
local result = pack('>c1c8c4I5BI6', 'C', ARGV[3], packed, version, state, now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
