-- Gives a job to a worker for a while, or gives the same worker more time.
-- KEYS[1] jobs: by number
-- KEYS[2] open: jobs that have not ended, by the end of their lease
-- ARGV[1] job: its number
-- ARGV[2] worker: who asks, 8 bytes
-- ARGV[3] lease_ms: for how long
-- returns: LEASED, now, job : it is the worker's
-- returns: HELD, now : another worker has it
-- returns: ENDED, now : there is nothing left to do
--include part/redis.lua
--include part/now.lua
--include part/job.lua
local job = open_job(KEYS[1], ARGV[1])
if not is_open(job) then
  call('ZREM', KEYS[2], ARGV[1])
  return {'ENDED', now}
end
if job.leased_until > now and job.worker ~= ARGV[2] then return {'HELD', now} end
if job.state == 'P' then job.state, job.started, job.updated = 'R', now, now end
job.worker, job.leased_until = ARGV[2], now + tonumber(ARGV[3])
call('ZADD', KEYS[2], job.leased_until, ARGV[1])
return {'LEASED', now, put_job(KEYS[1], ARGV[1], job)}
