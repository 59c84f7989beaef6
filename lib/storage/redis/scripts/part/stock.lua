-- What a campaign has issued in this partition, and the partition's part in a limit, in one field: issued(7) share(7) used(7)
-- got(7) sent(7) at(6) window(6). `share` is at hand, `used` is spent, `got` was ever leased to it (last at `at`), `sent` was
-- ever given back; got = share + used + sent. A lease rides in as the total ever leased: taking it twice does nothing. A new
-- window (a day) begins at zero.
local STOCK = '>I7I7I7I7I7I6I6'
local function open_stock(value, window)
  if not value then return 0, 0, 0, 0, 0, 0 end
  local issued, share, used, got, sent, at, of = struct.unpack(STOCK, value)
  if of ~= window then return issued, 0, 0, 0, 0, 0 end
  return issued, share, used, got, sent, at
end
