-- Notes how far a worker came with a job, and gives it more time. The codes that the step made count from here on.
-- KEYS[1] jobs: by number
-- KEYS[2] open: jobs that have not ended, by the end of their lease
-- KEYS[3] ledger: the home's stream of events
-- ARGV[1] job: its number
-- ARGV[2] worker: who did it, 8 bytes
-- ARGV[3] lease_ms: for how long it is the worker's from now on
-- ARGV[4] from: what was done before the step
-- ARGV[5] to: what is done now
-- ARGV[6] refused: of the step
-- ARGV[7] made: codes that the step made
-- ARGV[8] failure: why the job can't go on, 0 when it can
-- returns: NOTED, now : go on
-- returns: ENDED, now : nothing is left to do
-- returns: LOST, now : the job is another's by now, or was stopped: nothing is noted
--include part/redis.lua
--include part/now.lua
--include part/event.lua
--include part/job.lua
local job = open_job(KEYS[1], ARGV[1])
if not is_open(job) or job.worker ~= ARGV[2] or job.done ~= tonumber(ARGV[4]) then return {'LOST', now} end
local made = tonumber(ARGV[7])
if made > 0 then
  local nobody = string.rep('\0', 12)
  append(KEYS[3], 'M', 0, job.campaign, job.first + job.done, nobody, nobody, pack('>I5I5', job.batch, made))
end
job.done, job.refused, job.failure = tonumber(ARGV[5]), job.refused + tonumber(ARGV[6]), tonumber(ARGV[8])
job.updated, job.leased_until = now, now + tonumber(ARGV[3])
if job.failure > 0 then job.state = 'F' elseif job.done == job.total then job.state = 'S' end
if is_open(job) then
  call('ZADD', KEYS[2], job.leased_until, ARGV[1])
else
  job.ended = now
  call('ZREM', KEYS[2], ARGV[1])
end
put_job(KEYS[1], ARGV[1], job)
return {is_open(job) and 'NOTED' or 'ENDED', now}
