-- A partition's part in a limit of its campaign, one field: share(7) used(7) got(7) sent(7) at(6) window(6). `share` is at
-- hand, `used` is spent, `got` was ever leased to it (last at `at`), `sent` was ever given back; got = share + used + sent.
-- A lease rides in as the total ever leased: taking it twice does nothing. A new window (a day) begins at zero.
local function open_stock(value, window)
  local s = {share = 0, used = 0, got = 0, sent = 0, at = 0, window = window}
  if value and #value == 40 then
    local share, used, got, sent, at, of = struct.unpack('>I7I7I7I7I6I6', value)
    if of == window then s.share, s.used, s.got, s.sent, s.at = share, used, got, sent, at end
  end
  return s
end

local function deposit(s, leased, now)
  if leased <= s.got then return false end
  s.share, s.got, s.at = s.share + leased - s.got, leased, now
  return true
end

local function stock_value(s)
  return struct.pack('>I7I7I7I7I6I6', s.share, s.used, s.got, s.sent, s.at, s.window)
end
