-- Attempts of an operation that took a code: a take is one, and an attempt that was fenced can't commit any more. The highest such
-- stands beside the operation's record, as its field and 'a'. REQUIRES keep.
local function fenced(bucket, earlier, field)
  local here = tonumber(call('HGET', bucket, field .. 'a') or 0)
  if earlier == bucket then return here end
  return math.max(here, tonumber(call('HGET', earlier, field .. 'a') or 0))
end

local function fence(bucket, earlier, field, attempt, expire_at)
  if attempt > fenced(bucket, earlier, field) then keep(bucket, field .. 'a', attempt, expire_at) end
end
