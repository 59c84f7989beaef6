-- Inside the loop over the groups of scripts/issue.lua: reads the group's campaign, takes the units that were leased to the
-- partition, and answers the head. REQUIRES redis, stock, has_stock, has_day, window, version, over, stock_leased, day_leased, key;
-- leaves fresh (whether items may be judged), changed, and what is issued and at hand.
local c = has_day and pcall('HMGET', KEYS[key], 'v', 's', 'D') or pcall('HMGET', KEYS[key], 'v', 's')
local stock, day_stock = c[2] or NO_STOCK, c[3] or NO_STOCK
local readable = not c.err and #stock == #NO_STOCK and #day_stock == #NO_STOCK
local head, fresh, changed, events = n + 1, readable and tonumber(c[1]) == version, false, ''
local issued, share, used, got, sent, at
local _, dshare, dused, dgot, dsent, dat, dwindow = 0, 0, 0, 0, 0, 0, 0
n = head
if not readable then
  answer[head] = 'U'
elseif not fresh then
  answer[head] = 'S' .. pack('>I7', tonumber(c[1]) or 0)
else
  issued, share, used, got, sent, at = unpack(STOCK, stock)
  -- Outside of its time a call takes no units: the day may be over, and its books begin anew some time.
  if has_stock and not over and stock_leased > got then
    share, got, at, changed = share + stock_leased - got, stock_leased, now, true
  end
  if has_day and not over then
    _, dshare, dused, dgot, dsent, dat, dwindow = unpack(STOCK, day_stock)
    if dwindow ~= window then dshare, dused, dgot, dsent, dat = 0, 0, 0, 0, 0 end
    if day_leased > dgot then dshare, dgot, dat, changed = dshare + day_leased - dgot, day_leased, now, true end
  end
  answer[head] = 'D' .. pack('>I7I7', got, dgot)
end
