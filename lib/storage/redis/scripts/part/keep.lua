-- Writes a field of a bucket of operation records: a hash per period, whose field '.' says that its TTL is set. REQUIRES redis, and
-- that anchored[bucket] has what '.' holds.
local anchored = {}
local function keep(bucket, field, record, expire_at)
  if anchored[bucket] then
    call('HSET', bucket, field, record)
  else
    call('HSET', bucket, '.', '1', field, record)
    call('PEXPIREAT', bucket, expire_at)
    anchored[bucket] = '1'
  end
end
