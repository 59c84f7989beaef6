-- Stores a job at its campaign's home; one that makes codes gets its range of numbers as well.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] definition: the campaign's record
-- KEYS[4] ranges: of code numbers given out here
-- KEYS[5] batches: counters of this home
-- KEYS[6] jobs: by number
-- KEYS[7] open: jobs that have not ended, by the end of their lease
-- KEYS[8] campaign_jobs: numbers of the campaign's jobs
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] version: of the campaign that the service judged by
-- ARGV[8] type: of part/job.lua
-- ARGV[9] campaign: its number, 4 bytes
-- ARGV[10] total: codes to do
-- ARGV[11] index_end: the first index that is no code's
-- ARGV[12] key_id: of the codes that are made, 1 byte
-- ARGV[13] batch: that is taken back
-- ARGV[14] first: index of the first code that is
-- ARGV[15] spec: what the type needs
-- returns: OK, now, record, earlier : the job's record, fresh or of the same call before (then from the earlier bucket if 1)
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
--include part/range.lua
--include part/job.lua
local version = call('HGET', KEYS[3], 'v')
if version ~= ARGV[7] then return {'STALE', now, version or '0'} end
local number, total = next_batch(KEYS[5]), tonumber(ARGV[10])
local batch, first = tonumber(ARGV[13]), tonumber(ARGV[14])
if ARGV[8] == 'M' then
  batch, first = number, give_out(KEYS[4], KEYS[5], number, total, tonumber(ARGV[11]), ARGV[9], ARGV[12], 0)
  if not first then return {'FULL', now} end
else
  call('HSET', KEYS[5], 'batches', number)
end
put_job(KEYS[6], number, {
  type = ARGV[8], state = 'P', campaign = ARGV[9], batch = batch, first = first, total = total, done = 0, refused = 0, created = now,
  started = 0, updated = now, ended = 0, failure = 0, worker = string.rep('\0', 8), leased_until = 0, spec = ARGV[15]
})
call('ZADD', KEYS[7], 0, number)
call('ZADD', KEYS[8], number, number)
local result = pack('>c1c8I5I5I6', 'J', ARGV[3], number, batch, now)
keep(KEYS[1], ARGV[2], result, ARGV[4])
return {'OK', now, result}
