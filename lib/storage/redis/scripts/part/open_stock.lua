-- REQUIRES stock. The part in a limit, as of a window. A claim opens it in place: a function costs it more than it does.
local function open_stock(value, window)
  if not value then return 0, 0, 0, 0, 0, 0 end
  local issued, share, used, got, sent, at, of = unpack(STOCK, value)
  if of ~= window then return issued, 0, 0, 0, 0, 0 end
  return issued, share, used, got, sent, at
end
