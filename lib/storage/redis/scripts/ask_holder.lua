-- Asks the partition of an operation that took a code what became of it; where nothing did, its attempts so far never will.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before
-- KEYS[3] outgoing: what codes' homes have still to be told
-- ARGV[1] field: of the operation
-- ARGV[2] body: digest of its request
-- ARGV[3] attempt: the highest that is known
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] code: its number, 5 bytes
-- ARGV[6] holder: the operation, as the code's home keeps it
-- returns: COMMITTED, number : it made that coupon (5 bytes) of the code
-- returns: UNDONE : it did, and a rollback set the code free
-- returns: FENCED : it did not, and can't under those attempts
--include part/redis.lua
--include part/keep.lua
--include part/attempt.lua
--include part/event.lua
--include part/records.lua
local told = call('HGET', KEYS[3], ARGV[5] .. sub(ARGV[6], 7))
if told then
  if sub(told, 1, 1) == 'N' then return {'UNDONE'} end
  return {'COMMITTED', sub(told, 28)}
end
local record = call('HGET', KEYS[1], ARGV[1]) or call('HGET', KEYS[2], ARGV[1])
if record and sub(record, 2, 9) == ARGV[2] then
  if sub(record, 1, 1) == 'I' then return {'COMMITTED', sub(record, 15, 19)} end
  local use = use_of_code(record, ARGV[5])
  -- The operation did without this code, and can't have it any more.
  if not use then return {'FENCED'} end
  if is_restored(use) then return {'UNDONE'} end
  return {'COMMITTED', sub(use, 5, 9)}
end
-- In both buckets: the attempt may have begun in the period before or after the one in which the home last heard of it.
for i = 1, 2 do
  anchored[KEYS[i]] = call('HGET', KEYS[i], '.')
  fence(KEYS[i], KEYS[i], ARGV[1], tonumber(ARGV[3]), ARGV[4])
end
return {'FENCED'}
