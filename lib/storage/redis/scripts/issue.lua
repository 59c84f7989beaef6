-- Issues coupons of one campaign: each item whole or not at all, and none for another. This is the script that a rush runs. Most
-- of what it costs is Lua's handling of values, so they come and go packed, few and long.
-- Items come in groups, one for each partition. In a cluster a call has one group: a script's keys share a slot there.
-- KEYS[1..] group: per group the campaign in the partition, the partition's ledger and due set, and a wallet for each item
-- ARGV[1] terms: packed as TERMS: from and til, between which the call has an effect; version of the campaign that the service
--   judged by; user_total quota (NONE without); limited: 1 with a stock, 2 with a day's stock, 3 with both; stride, what the next
--   index in a bucket adds to a coupon's number, and partitions, of which a number modulo this is one; source and campaign; key id and
--   campaign; campaign; VALIDITY of the coupons; and where a limit counts days also as DAY: the day's start and end, and user_day
--   quota (NONE without)
-- ARGV[2..] group: per group, packed as GROUP: how many items, and stock_leased and day_leased, the totals ever leased to the
--   partition as far as known; then for each item, packed as ITEM: operation (12 bytes and 'o'), user, body of the operation,
--   base, the number of the bucket's index 0, and limit, the instant from which the caller wants no effect any more
-- returns: S : after now(6), the head of a group: the version(7) that the partition knows, which is another; its items are empty
-- returns: U : the head of a group whose campaign can't be read; its items are empty
-- returns: D : the head of a group: the totals got(7) of the stock and of the day's stock; each of its items is a status and
--   a record; the status is O: it is issued, now or by the same call before; R: the request id was used with another body; F:
--   fenced; T: not between from and til, or past limit; Q: user_total is reached; q: user_day is; N: no share of the stock at
--   hand; n: none of the day's stock; X: the bucket has no number left; Z: the wallet can't be read
--include part/redis.lua
--include part/now.lua
--include part/quota.lua
--include part/stock.lua
--include part/bounds.lua
--include part/validity.lua
--include part/due.lua
-- What can't be read must not fail the call halfway, since others share it: hence pcall, and lengths are looked at before values
-- are opened.
local pcall = redis.pcall
local TERMS, DAY, GROUP, ITEM = '>I7I7I7I4BI5I2c5c5c4c25', '>c6c6I4', '>I2I7I7', '>c13c12c8I5I7'
local from, til, version, user_total, limited, stride, partitions, source_campaign, key_campaign, campaign, validity, at_day =
  unpack(TERMS, ARGV[1])
local now6, day_start, day_end, user_day = pack('>I6', now), NO_DAY, '', NONE
if at_day <= #ARGV[1] then day_start, day_end, user_day = unpack(DAY, ARGV[1], at_day) end
local has_stock, has_day, window = limited % 2 == 1, limited >= 2, unpack('>I6', day_start)
local ending, early = ending_of(validity)
local over = now < from or now >= til
local answer, n, key, arg = {now6}, 1, 1, 2
while arg <= #ARGV do
  local items, stock_leased, day_leased = unpack(GROUP, ARGV[arg])
--include part/read_group.lua
  for i = 1, items do
    n = n + 1
    if not fresh then
      answer[n] = ''
    else
      local operation, user, body, base, limit = unpack(ITEM, ARGV[arg + i])
      local wallet, status, record = KEYS[key + 2 + i], nil, ''
      local w = pcall('HMGET', wallet, 'n', user, operation)
      local index3, of_user, earlier = w[1] or NO_COUPON, w[2] or NO_COUPON, w[3]
      if w.err or #index3 ~= 3 or (#of_user - 3) % 18 ~= 0 then
        status = 'Z'
      elseif earlier then
        if sub(earlier, 1, 1) == 'F' then status = 'F' elseif sub(earlier, 2, 9) ~= body then status = 'R'
        else status, record = 'O', earlier end
      elseif over or now >= limit then
        status = 'T'
      else
--include part/read_quota.lua
        local index = unpack('>I3', index3)
        local number = base + index * stride
        if entry and #entry ~= 14 then status = 'Z'
        elseif total >= user_total then status = 'Q'
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
          if early then make_due(wallet, KEYS[key + 2], math.floor(base / partitions), unpack('>I6', ending)) end
          events = events .. number5 .. user .. operation
        end
      end
      answer[n] = status .. record
    end
  end
  if events ~= '' then call('XADD', KEYS[key + 1], '*', 'e', 'I' .. source_campaign .. events) end
  if changed and has_day then
    call('HSET', KEYS[key], 's', pack(STOCK, issued, share, used, got, sent, at, 0),
      'D', pack(STOCK, 0, dshare, dused, dgot, dsent, dat, window))
  elseif changed then
    call('HSET', KEYS[key], 's', pack(STOCK, issued, share, used, got, sent, at, 0))
  end
  key, arg = key + 3 + items, arg + 1 + items
end
return answer
