-- Issues coupons of one campaign to users of one partition: each item whole or not at all, and none for another. This is the
-- script that a rush runs. Most of what it costs is Lua's handling of values, so they come and go packed, few and long.
-- KEYS[1] campaign: the campaign in this partition
-- KEYS[2] ledger: the partition's stream of events
-- KEYS[3..] wallet: one per item
-- ARGV[1] terms: packed as TERMS: from and til, between which the call has an effect; version of the campaign that the service
--   judged by; stock_leased, the total ever leased to this partition as far as known; user_total quota (NONE without); limited: 1
--   with a stock, 2 with a day's stock, 3 with both; stride, what the next index in a bucket adds to a coupon's number; source
--   and campaign; key id and campaign; campaign; ending of the coupons; and where a limit counts days also as DAY: the day's
--   start and end, day_leased, user_day quota (NONE without)
-- ARGV[2..] item: one per item, packed as ITEM: operation (12 bytes and 'o'), user, body of the operation, and base, the
--   number of the bucket's index 0
-- returns: S : then now(6) and the version(7) that the partition knows, which is another
-- returns: D : then now(6), the totals got(7) of the stock and of the day's stock, and per item a status, the length of a record
--   (1 byte) and the record; the status is O: it is issued, now or by the same call before; R: the request id was used with
--   another body; F: fenced; T: not between from and til; Q: user_total is reached; q: user_day is; N: no share of the stock at
--   hand; n: none of the day's stock; X: the bucket has no number left
--include part/now.lua
--include part/quota.lua
--include part/stock.lua
local TERMS, DAY, ITEM = '>I7I7I7I7I4BI5c5c5c4c6', '>c6c6I7I4', '>c13c12c8I5'
local NONE, INDEX_MAX, NUMBER_MAX = 4294967295, 16777214, 34359738367
local from, til, version, stock_leased, user_total, limited, stride, source_campaign, key_campaign, campaign, ending, at_day =
  unpack(TERMS, ARGV[1])
local now6, day_start, day_end, day_leased, user_day = pack('>I6', now), NO_DAY, '', 0, NONE
if at_day <= #ARGV[1] then day_start, day_end, day_leased, user_day = unpack(DAY, ARGV[1], at_day) end
local has_stock, has_day = limited % 2 == 1, limited >= 2
local c = has_day and call('HMGET', KEYS[1], 'v', 's', 'D') or call('HMGET', KEYS[1], 'v', 's')
if tonumber(c[1]) ~= version then return 'S' .. now6 .. pack('>I7', c[1] or 0) end

local late, changed = now < from or now >= til, false
local issued, share, used, got, sent, at = unpack(STOCK, c[2] or NO_STOCK)
-- A late call deposits nothing: its day may be over, and the block is handed out again.
if has_stock and not late and stock_leased > got then share, got, at, changed = share + stock_leased - got, stock_leased, now, true end
local window, _, dshare, dused, dgot, dsent, dat, dwindow = 0, 0, 0, 0, 0, 0, 0, 0
if has_day and not late then
  window = unpack('>I6', day_start)
  _, dshare, dused, dgot, dsent, dat, dwindow = unpack(STOCK, c[3] or NO_STOCK)
  if dwindow ~= window then dshare, dused, dgot, dsent, dat = 0, 0, 0, 0, 0 end
  if day_leased > dgot then dshare, dgot, dat, changed = dshare + day_leased - dgot, day_leased, now, true end
end
local answer = ''
for i = 2, #ARGV do
  local operation, user, body, base = unpack(ITEM, ARGV[i])
  local wallet, status, record = KEYS[i + 1], nil, ''
  local w = call('HMGET', wallet, 'n', user, operation)
  local index3, of_user, earlier = w[1] or NO_COUPON, w[2] or NO_COUPON, w[3]
  if earlier then
    if sub(earlier, 1, 1) == 'F' then status = 'F' elseif sub(earlier, 2, 9) ~= body then status = 'R'
    else status, record = 'O', earlier end
  elseif late then
    status = 'T'
  else
--include part/read_quota.lua
    local index = unpack('>I3', index3)
    local number = base + index * stride
    if total >= user_total then status = 'Q'
    elseif today >= user_day then status = 'q'
    elseif has_stock and share < 1 then status = 'N'
    elseif has_day and dshare < 1 then status = 'n'
    elseif number > NUMBER_MAX or index > INDEX_MAX then status = 'X'
    else
      status, changed, issued, total, today = 'O', true, issued + 1, total + 1, today + 1
      if has_stock then share, used = share - 1, used + 1 end
      if has_day then dshare, dused = dshare - 1, dused + 1 end
--include part/write_quota.lua
      local next3, number5 = pack('>I3', index + 1), pack('>I5', number)
      record = 'I' .. body .. key_campaign .. number5 .. now6 .. ending ..
        (user_total < NONE and pack('>I4', user_total - total) or '\255\255\255\255')
      if user_day < NONE then record = record .. pack('>I4', user_day - today) .. day_end end
      call('HSET', wallet, 'n', next3, index3, '\0' .. campaign .. user .. sub(of_user, 1, 3) .. now6 .. ending,
        operation, record, user, next3 .. quotas)
      call('XADD', KEYS[2], '*', 'e', 'I' .. source_campaign .. number5 .. user .. operation)
    end
  end
  answer = answer .. status .. string.char(#record) .. record
end
if changed and has_day then
  call('HSET', KEYS[1], 's', pack(STOCK, issued, share, used, got, sent, at, 0),
    'D', pack(STOCK, 0, dshare, dused, dgot, dsent, dat, window))
elseif changed then
  call('HSET', KEYS[1], 's', pack(STOCK, issued, share, used, got, sent, at, 0))
end
return 'D' .. now6 .. pack('>I7I7', got, dgot) .. answer
