-- Decides what becomes of a code that an operation took to bind it: it makes a coupon of it in the user's wallet, for later. A refusal
-- fences the attempt, so that whoever hears it may set the code free.
-- KEYS[1] operation: bucket of the operation's record
-- KEYS[2] operation_earlier: the bucket of the period before, or the same
-- KEYS[3] wallet: the user's bucket
-- KEYS[4] campaign: the code's campaign in this partition
-- KEYS[5] ledger: the partition's stream of events
-- KEYS[6] outgoing: what codes' homes have still to be told
-- KEYS[7] due: the partition's due set
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] field: of the operation
-- ARGV[3] body: digest of the request
-- ARGV[4] operation_expires: end of the record's bucket
-- ARGV[5] period_from: the operation buckets are right from this instant
-- ARGV[6] period_until: to before this one
-- ARGV[7] attempt: of the operation, as the code's home has it
-- ARGV[8] version: of the campaign that the service judged by
-- ARGV[9] terms: packed as TERMS: user, code, base (the number of the bucket's index 0), stride (what the next index adds) and the
--   bucket, key id, campaign, the end of making coupons of codes, VALIDITY, user_total and user_day quotas (NONE without), and start
--   and end of the day that they count
-- ARGV[10] mode: bind, or refuse (the service refuses: everything else is asked)
-- ARGV[11] holder: this operation, as the code's home keeps it
-- returns: OK, now, record, earlier : the operation's record, fresh or of the same call before (then from the earlier bucket if 1)
-- returns: REUSED, now : the request id was used with another body
-- returns: FENCED, now : the operation was fenced
-- returns: DEADLINE, now : too late
-- returns: PERIOD, now : the operation's period or the quotas' day is over
-- returns: LATE, now, attempt : attempts up to this one were fenced
-- returns: STALE, now, version : the partition knows another version
-- returns: EXPIRED, now : a coupon could not be used any more
-- returns: QUOTA, now : the user has as many coupons as the campaign allows
-- returns: QUOTA_DAY, now : the same, of the day
-- returns: FULL, now : no numbers are left in the wallet's bucket
-- returns: PASS, now : nothing stands against it; mode refuse
--include part/redis.lua
--include part/now.lua
--include part/keep.lua
--include part/operation.lua
--include part/attempt.lua
--include part/begin.lua
--include part/event.lua
--include part/quota.lua
--include part/stock.lua
--include part/bounds.lua
--include part/validity.lua
--include part/due.lua
local TERMS = '>c12c5I7I7I4c1c4I6c25I4I4c6I7'
local mode, attempt, wallet, field = ARGV[10], tonumber(ARGV[7]), KEYS[3], ARGV[2]
local user, code, base, stride, bucket, key_id, campaign, codes_until, validity, user_total, user_day, day_start, day_end =
  unpack(TERMS, ARGV[9])
local late = fenced(KEYS[1], KEYS[2], field)
if attempt <= late then return {'LATE', now, late} end
local known = call('HMGET', KEYS[4], 'v', 's')
if known[1] ~= ARGV[8] then return {'STALE', now, known[1] or '0'} end
if day_end > 0 and (now < unpack('>I6', day_start) or now >= day_end) then return {'PERIOD', now} end
local held = call('HMGET', wallet, 'n', user)
local index3, of_user = held[1] or NO_COUPON, held[2] or NO_COUPON
--include part/read_quota.lua
local index = unpack('>I3', index3)
local number = base + index * stride
local status
if now >= codes_until then status = 'EXPIRED'
elseif total >= user_total then status = 'QUOTA'
elseif today >= user_day then status = 'QUOTA_DAY'
elseif number > NUMBER_MAX or index > INDEX_MAX then status = 'FULL'
elseif mode == 'refuse' then status = 'PASS' end
if status then
  fence(KEYS[1], KEYS[2], field, attempt, ARGV[4])
  return {status, now}
end

local now6, number5, ending, early = pack('>I6', now), pack('>I5', number), ending_of(validity)
total, today = total + 1, today + 1
--include part/write_quota.lua
local next3 = pack('>I3', index + 1)
call('HSET', wallet, 'n', next3, user, next3 .. quotas, index3, '\0' .. campaign .. user .. sub(of_user, 1, 3) .. now6 .. ending,
  index3 .. 'x', '')
if early then make_due(wallet, KEYS[7], bucket, unpack('>I6', ending)) end
local issued, share, used, got, sent, at = unpack(STOCK, known[2] or NO_STOCK)
call('HSET', KEYS[4], 's', pack(STOCK, issued + 1, share, used, got, sent, at, 0))
call('XADD', KEYS[5], '*', 'e', 'I\3' .. campaign .. number5 .. user .. field .. 'c')
local result = 'I' .. ARGV[3] .. key_id .. campaign .. number5 .. now6 .. ending .. '\255\255\255\255'
call('HSET', KEYS[6], code .. sub(ARGV[11], 7), 'U' .. ARGV[11] .. number5)
keep(KEYS[1], field, result, ARGV[4])
return {'OK', now, result}
