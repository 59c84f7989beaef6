-- Gives a batch its range of code numbers, at its campaign's home.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] definition: the campaign's record
-- KEYS[4] ranges: of code numbers given out here
-- KEYS[5] batches: counters of this home
-- KEYS[6] ledger: the home's stream of events
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] version: of the campaign that the service judged by
-- ARGV[8] count: of codes
-- ARGV[9] index_end: the first index that is no code's
-- ARGV[10] campaign: its number, 4 bytes
-- ARGV[11] key_id: of the codes, 1 byte
-- ARGV[12] uses: of each code that is imported, else 0
-- ARGV[13] made: how many of the codes are made by this; the others when each gets its name
-- returns: OK, now, record, earlier : the batch's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the period is over
-- returns: STALE, now, version : the campaign is at another version
-- returns: FULL, now : so many numbers are not left
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/begin.lua
--include part/event.lua
--include part/range.lua
local version = call('HGET', KEYS[3], 'v')
if version ~= ARGV[7] then return {'STALE', now, version or '0'} end
local count, made, batch = tonumber(ARGV[8]), tonumber(ARGV[13]), next_batch(KEYS[5])
local first = give_out(KEYS[4], KEYS[5], batch, count, tonumber(ARGV[9]), ARGV[10], ARGV[11], ARGV[12])
if not first then return {'FULL', now} end
if made > 0 then
  append(KEYS[6], 'M', 0, ARGV[10], first, string.rep('\0', 12), ARGV[2], pack('>I5I5', batch, made))
end
local result = pack('>c1c8c4I5I5I5c1I6', 'M', ARGV[3], ARGV[10], batch, first, count, ARGV[11], now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
