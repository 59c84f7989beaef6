-- Issues coupons of one campaign to users of one partition: each item whole or not at all, and none for another.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] ledger: the partition's stream of events
-- KEYS[3] due: the partition's due set
-- KEYS[4..] operation, operation_earlier, wallet: three per item
-- ARGV[1] deadline: instant past which nothing is written
-- ARGV[2] period_from: the operation buckets are right from this instant
-- ARGV[3] period_until: to before this one
-- ARGV[4] version: of the campaign that the service judged by
-- ARGV[5] claim_from: start of the claim window
-- ARGV[6] claim_until: its end
-- ARGV[7] ending: end of the coupons
-- ARGV[8] user_total: quota of a user, or ''
-- ARGV[9] user_day: quota of a user per day, or ''
-- ARGV[10] day_start: of the campaign's current day, or 0 when no limit counts days
-- ARGV[11] day_end: its end
-- ARGV[12] stock_leased: total ever leased to this partition as far as known, or '' without a stock
-- ARGV[13] day_leased: the same for the day's stock, or '' without one
-- ARGV[14] head: source(1), key id(1), campaign(4), packed
-- ARGV[15] stride: what the next index in a bucket adds to a coupon's number
-- ARGV[16..] field, body, operation_expires, user, base, bucket: six per item; base is the number of index 0
-- returns: STALE, now, version : the partition knows another version
-- returns: PERIOD, now : the period or the day is over
-- returns: DONE, now, stock_got, day_got, then per item status, record : where status is one of
--   OK with the record, fresh or of the same call before; REUSED; FENCED; DEADLINE; NOT_OPEN; CLOSED;
--   USER_QUOTA; USER_QUOTA_DAY; NEED_STOCK; NEED_DAY: no share at hand; FULL: the bucket has no number left
--include part/now.lua
--include part/operation.lua
--include part/event.lua
--include part/due.lua
--include part/quota.lua
--include part/stock.lua
local answers, open = {'DONE', now, 0, 0}, {}
for i = 1, (#ARGV - 15) / 6 do
  local k, a = 1 + 3 * i, 10 + 6 * i
  local status, record = find(KEYS[k], KEYS[k + 1], ARGV[a], ARGV[a + 1])
  answers[3 + 2 * i], answers[4 + 2 * i] = status or '', record or ''
  if not status then open[#open + 1] = i end
end
if #open == 0 then return answers end

local refusal, c
local day_start, day_end = tonumber(ARGV[10]), tonumber(ARGV[11])
if now > tonumber(ARGV[1]) then
  refusal = 'DEADLINE'
else
  if now < tonumber(ARGV[2]) or now >= tonumber(ARGV[3]) then return {'PERIOD', now} end
  c = redis.call('HMGET', KEYS[1], 'v', 'i', 's', 'D')
  if c[1] ~= ARGV[4] then return {'STALE', now, c[1] or '0'} end
  if now < tonumber(ARGV[5]) then refusal = 'NOT_OPEN' elseif now >= tonumber(ARGV[6]) then refusal = 'CLOSED' end
  if day_end > 0 and (now < day_start or now >= day_end) then return {'PERIOD', now} end
end
if refusal then
  for _, i in ipairs(open) do answers[3 + 2 * i] = refusal end
  return answers
end

local stock = ARGV[12] ~= '' and open_stock(c[3], 0)
local day = ARGV[13] ~= '' and open_stock(c[4], day_start)
local changed = stock and deposit(stock, tonumber(ARGV[12]), now)
changed = day and deposit(day, tonumber(ARGV[13]), now) or changed
local user_total, user_day = tonumber(ARGV[8]), tonumber(ARGV[9])
local ending, stride, issued = tonumber(ARGV[7]), tonumber(ARGV[15]), 0
local source, key_id, campaign = struct.unpack('Bc1c4', ARGV[14])

for _, i in ipairs(open) do
  local k, a = 1 + 3 * i, 10 + 6 * i
  local wallet, field, user = KEYS[k + 2], ARGV[a], ARGV[a + 3]
  local w = redis.call('HMGET', wallet, 'n', 'd', user, user .. campaign)
  local index, total, today = tonumber(w[1] or 0), open_quota(w[4], day_start)
  local number, status = tonumber(ARGV[a + 4]) + index * stride, 'OK'
  if user_total and total >= user_total then status = 'USER_QUOTA'
  elseif user_day and today >= user_day then status = 'USER_QUOTA_DAY'
  elseif stock and stock.share < 1 then status = 'NEED_STOCK'
  elseif day and day.share < 1 then status = 'NEED_DAY'
  elseif number >= 2 ^ 35 then status = 'FULL'
  else
    total, today, issued = total + 1, today + 1, issued + 1
    if stock then stock.share, stock.used = stock.share - 1, stock.used + 1 end
    if day then day.share, day.used = day.share - 1, day.used + 1 end
    redis.call('HSET', wallet, 'n', index + 1, user, index + 1, index,
      struct.pack('>Bc4c12I3I6I6', 0, campaign, user, tonumber(w[3] or 0), now, ending),
      user .. campaign, quota_value(total, day_start, today, user_day))
    make_due(wallet, KEYS[3], ARGV[a + 5], w[2], ending)
    append(KEYS[2], 'I', source, campaign, number, user, field)
    local record = struct.pack('>c1c8c1c4I5I6I6I4', 'I', ARGV[a + 1], key_id, campaign, number, now, ending,
      user_total and user_total - total or 4294967295)
    if user_day then record = record .. struct.pack('>I4I6', user_day - today, day_end) end
    keep(KEYS[k], field, record, ARGV[a + 2])
    answers[4 + 2 * i] = record
  end
  answers[3 + 2 * i] = status
end
if stock then answers[3] = stock.got end
if day then answers[4] = day.got end
if issued > 0 or changed then
  redis.call('HSET', KEYS[1], 'i', (c[2] or 0) + issued, 's', stock and stock_value(stock) or c[3] or '',
    'D', day and stock_value(day) or c[4] or '')
end
return answers
