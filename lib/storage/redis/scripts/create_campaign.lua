-- Creates a campaign at its home, as a draft that no other partition knows.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] definition: the campaign's record
-- KEYS[4] numbers: campaigns of this home by their number
-- KEYS[5] ids: the same in the order of their ids
-- KEYS[6] ledger: the home's stream of events
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] id: of the campaign
-- ARGV[8] definition: in the codec's bytes
-- ARGV[9] stride: distance between numbers of one home
-- ARGV[10] base: the home's first number
-- returns: OK, now, record, earlier : the creation's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: EXISTS, now : the id is taken
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
if call('EXISTS', KEYS[3]) == 1 then return {'EXISTS', now} end
local number = (call('HINCRBY', KEYS[4], 'next', 1) - 1) * tonumber(ARGV[9]) + tonumber(ARGV[10])
call('HSET', KEYS[4], number, ARGV[7])
call('ZADD', KEYS[5], 0, ARGV[7])
call('HSET', KEYS[3], 'v', 1, 'state', 0, 'number', number, 'definition', ARGV[8], 'created', now, 'updated', now)
local packed = pack('>I4', number)
append(KEYS[6], 'C', 0, packed, 1, string.rep('\0', 12), ARGV[2])
local result = pack('>c1c8c4I5BI6', 'C', ARGV[3], packed, 1, 0, now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
