-- Takes back a code that belongs to nobody: it becomes nobody's coupon any more.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] codes: bucket of the code's state, or uses of a code that is good several times
-- KEYS[4] ledger: the partition's stream of events
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] place: of the code in its bucket, 1 byte, or 'w'
-- ARGV[8] code: its number, 5 bytes
-- ARGV[9] campaign: its number, 4 bytes
-- returns: OK, now, record, earlier : the revocation's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: REVOKED, now : taken back already
-- returns: BUSY, now : an operation took it or made a coupon of it
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/withdrawn.lua
local states = call('HMGET', KEYS[3], ARGV[7], '**')
local found = states[1]
if found and sub(found, 1, 1) ~= 'W' then return {'BUSY', now} end
if found or withdrawn(states[2], ARGV[7]) then return {'REVOKED', now} end
call('HSET', KEYS[3], ARGV[7], pack('>c1I6', 'W', now))
append(KEYS[4], 'W', 0, ARGV[9], unpack('>I5', ARGV[8]), string.rep('\0', 12), ARGV[2])
local result = pack('>c1c8c5I6', 'W', ARGV[3], ARGV[8], now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
