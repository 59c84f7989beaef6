-- Stops a job. A step that is under way is not noted any more.
-- KEYS[1] jobs: by number
-- KEYS[2] open: jobs that have not ended, by the end of their lease
-- ARGV[1] job: its number
-- ARGV[2] deadline: instant past which nothing is written
-- returns: CANCELLED, now, job : now or before
-- returns: ENDED, now, job : it succeeded or failed
-- returns: NOT_FOUND, now : there is no such job
-- returns: DEADLINE, now : too late
--include part/redis.lua
--include part/now.lua
--include part/job.lua
local job = open_job(KEYS[1], ARGV[1])
if not job.state then return {'NOT_FOUND', now} end
if is_open(job) then
  if now > tonumber(ARGV[2]) then return {'DEADLINE', now} end
  job.state, job.ended = 'C', now
  call('ZREM', KEYS[2], ARGV[1])
  put_job(KEYS[1], ARGV[1], job)
end
return {job.state == 'C' and 'CANCELLED' or 'ENDED', now, call('HGET', KEYS[1], ARGV[1])}
