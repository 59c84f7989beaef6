-- Operation records: a bucket (a hash) per period, one field per operation. REQUIRES keep.
-- A record is type(1) body digest(8) and what its type needs; 'F' is a fence.
-- find: nothing when the operation has no record, else OK with the record, REUSED or FENCED, and 1 when it lay in `earlier`: the
-- bucket of the period before, or the same bucket when the request id carries its own time.
local function find(bucket, earlier, field, body)
  local found = call('HMGET', bucket, '.', field)
  anchored[bucket] = found[1]
  local record, was_earlier = found[2], 0
  if not record and earlier ~= bucket then record, was_earlier = call('HGET', earlier, field), 1 end
  if not record then return nil end
  if sub(record, 1, 1) == 'F' then return 'FENCED', '', 0 end
  if sub(record, 2, 9) ~= body then return 'REUSED', '', 0 end
  return 'OK', record, was_earlier
end
