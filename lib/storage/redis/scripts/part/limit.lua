-- A partition's part of a limit that is spent in amounts, as a table. REQUIRES redis, now, stock. Nothing here writes: the script
-- opens every part first, decides, and then writes limit_value(l) to the field of each part that has l.changed. One that refuses
-- may write it as well, for what was leased has then arrived, but must not have spent or given back before.
--   open_limit(value, window, leased): the part of the window (a day's start, or 0), with the total `leased` to it taken in; nil
--     where a later day has begun, in which nothing of this one is spent and what comes back lapses.
--   lacking(l, amount): what must be leased besides before the amount can be spent; 0 when it is at hand.
--   spend(l, amount): REQUIRES lacking(l, amount) == 0.
--   give_back(l, amount): whether there is something to bring home; then owed_name goes into the owed set with limit_value.
local function open_limit(value, window, leased)
  local issued, share, used, got, sent, at, of = unpack(STOCK, value or NO_STOCK)
  if of > window then return nil end
  if of < window then share, used, got, sent, at = 0, 0, 0, 0, 0 end
  local l = {issued = issued, share = share, used = used, got = got, sent = sent, at = at, window = window}
  if leased > got then l.share, l.got, l.at, l.changed = share + leased - got, leased, now, true end
  return l
end
local function lacking(l, amount) return math.max(amount - l.share, 0) end
local function spend(l, amount)
  l.share, l.used, l.changed = l.share - amount, l.used + amount, true
end
local function give_back(l, amount)
  local units = math.min(amount, l.used)
  if units > 0 then l.used, l.sent, l.changed = l.used - units, l.sent + units, true end
  return units > 0
end
local function limit_value(l) return pack(STOCK, l.issued, l.share, l.used, l.got, l.sent, l.at, l.window) end
-- How the limit is called among the owed, as storage/redis/limit.h has it.
local function owed_name(number, field, window)
  return string.format('%d:%s%d', number, (field == 'b' or field == 'B') and 'b' or '', window)
end
