-- Issues coupons of one campaign to users of one partition: each item whole or not at all, and none for another. This is the
-- script that a rush runs: numbers come and go packed, because Redis turns every number into text with printf.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] ledger: the partition's stream of events
-- KEYS[3] due: the partition's due set
-- KEYS[4..] operation, operation_earlier, wallet: three per item
-- ARGV[1] terms: packed as TERMS: deadline past which nothing is written; period_from and period_until, between which the
--   operation buckets are right; claim_from and claim_until; ending of the coupons; day_start and day_end of the campaign's day
--   (0 when no limit counts days); stock_leased and day_leased, the totals ever leased to this partition as far as known;
--   user_total and user_day quotas (NONE without); limited: 1 with a stock, 2 with a day's stock, 3 with both; stride, what the
--   next index in a bucket adds to a coupon's number; source, key_id and campaign
-- ARGV[2] version: of the campaign that the service judged by
-- ARGV[3..] item: one per item, packed as ITEM: field and body of the operation, user, base (the number of index 0), bucket of
--   the wallet, operation_expires
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
local TERMS, ITEM, NONE = '>I7I7I7I7I7I7I7I7I7I7I4I4BI5Bc1c4', '>c12c8c12I5I3I7', 4294967295
local answers, open = {'DONE', now, 0, 0}, 0
for i = 1, #ARGV - 2 do
  local k, item = 1 + 3 * i, ARGV[2 + i]
  local status, record = find(KEYS[k], KEYS[k + 1], string.sub(item, 1, 12), string.sub(item, 13, 20))
  answers[3 + 2 * i], answers[4 + 2 * i] = status or '', record or ''
  if not status then open = open + 1 end
end
if open == 0 then return answers end

local deadline, from, til, claim_from, claim_until, ending, day_start, day_end, stock_leased, day_leased, user_total, user_day,
  limited, stride, source, key_id, campaign = unpack(TERMS, ARGV[1])
local refusal, c
if now > deadline then
  refusal = 'DEADLINE'
else
  if now < from or now >= til or (day_end > 0 and (now < day_start or now >= day_end)) then return {'PERIOD', now} end
  c = call('HMGET', KEYS[1], 'v', 's', limited >= 2 and 'D' or 'v')
  if c[1] ~= ARGV[2] then return {'STALE', now, c[1] or '0'} end
  if now < claim_from then refusal = 'NOT_OPEN' elseif now >= claim_until then refusal = 'CLOSED' end
end

local has_stock, has_day, changed = limited % 2 == 1, limited >= 2, false
local issued, share, used, got, sent, at = 0, 0, 0, 0, 0, 0
local _, dshare, dused, dgot, dsent, dat = 0, 0, 0, 0, 0, 0
if not refusal then
  issued, share, used, got, sent, at = open_stock(c[2], 0)
  if has_stock and stock_leased > got then share, got, at, changed = share + stock_leased - got, stock_leased, now, true end
  if has_day then _, dshare, dused, dgot, dsent, dat = open_stock(c[3], day_start) end
  if has_day and day_leased > dgot then dshare, dgot, dat, changed = dshare + day_leased - dgot, day_leased, now, true end
end
for i = 1, #ARGV - 2 do
  local status = refusal
  if answers[3 + 2 * i] == '' and not refusal then
    local k, wallet = 1 + 3 * i, KEYS[3 + 3 * i]
    local field, body, user, base, bucket, expires = unpack(ITEM, ARGV[2 + i])
    local quota = user .. campaign
    local w = call('HMGET', wallet, 'n', 'd', user, quota)
    local index, total, today = w[1] and unpack('>I3', w[1]) or 0, open_quota(w[4], day_start)
    local number = base + index * stride
    if total >= user_total then status = 'USER_QUOTA'
    elseif today >= user_day then status = 'USER_QUOTA_DAY'
    elseif has_stock and share < 1 then status = 'NEED_STOCK'
    elseif has_day and dshare < 1 then status = 'NEED_DAY'
    elseif number >= 34359738368 or index >= 16777215 then status = 'FULL'
    else
      status, total, today, issued = 'OK', total + 1, today + 1, issued + 1
      if has_stock then share, used = share - 1, used + 1 end
      if has_day then dshare, dused = dshare - 1, dused + 1 end
      local next_index = pack('>I3', index + 1)
      call('HSET', wallet, 'n', next_index, user, next_index, pack('>I3', index),
        pack('>Bc4c12c3I6I6', 0, campaign, user, w[3] or '\0\0\0', now, ending),
        quota, quota_value(total, day_start, today, user_day < NONE))
      make_due(wallet, KEYS[3], bucket, w[2], ending)
      append(KEYS[2], 'I', source, campaign, number, user, field)
      local record = pack('>c1c8c1c4I5I6I6I4', 'I', body, key_id, campaign, number, now, ending,
        user_total < NONE and user_total - total or NONE)
      if user_day < NONE then record = record .. pack('>I4I6', user_day - today, day_end) end
      keep(KEYS[k], field, record, expires)
      answers[4 + 2 * i], changed = record, true
    end
  end
  if answers[3 + 2 * i] == '' then answers[3 + 2 * i] = status end
end
answers[3], answers[4] = got, dgot
if has_day and changed then
  call('HSET', KEYS[1], 's', pack(STOCK, issued, share, used, got, sent, at, 0),
    'D', pack(STOCK, 0, dshare, dused, dgot, dsent, dat, day_start))
elseif changed then
  call('HSET', KEYS[1], 's', pack(STOCK, issued, share, used, got, sent, at, 0))
end
return answers
