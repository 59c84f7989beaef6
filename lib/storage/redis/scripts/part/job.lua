-- Jobs, at their campaign's home, by number: packed as FIELDS says, and then what the type needs. Types: 'M' makes codes, 'W' takes
-- them back. States: 'P' pending, 'R' running, and for good 'S' succeeded, 'C' cancelled, 'F' failed. REQUIRES redis.
local FIELDS = {
  {'type', 'c1'}, {'state', 'c1'}, {'campaign', 'c4'}, {'batch', 'I5'}, {'first', 'I5'}, {'total', 'I5'}, {'done', 'I5'},
  {'refused', 'I5'}, {'created', 'I6'}, {'started', 'I6'}, {'updated', 'I6'}, {'ended', 'I6'}, {'failure', 'I1'}, {'worker', 'c8'},
  {'leased_until', 'I6'}
}

-- A job without a state when there is none.
local function open_job(jobs, number)
  local found, job, at = call('HGET', jobs, number), {}, 1
  for _, field in ipairs(found and FIELDS or {}) do
    job[field[1]], at = unpack('>' .. field[2], found, at)
  end
  job.spec = sub(found or '', at)
  return job
end

local function put_job(jobs, number, job)
  local packed = ''
  for _, field in ipairs(FIELDS) do packed = packed .. pack('>' .. field[2], job[field[1]]) end
  packed = packed .. job.spec
  call('HSET', jobs, number, packed)
  return packed
end

local function is_open(job)
  return job.state == 'P' or job.state == 'R'
end
