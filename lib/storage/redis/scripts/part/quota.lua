-- What a user has claimed of a campaign: a plain count, or total(4) day_start(6) today(4) where a day quota counts.
local function open_quota(value, day_start)
  if not value then return 0, 0 end
  if #value ~= 14 then return tonumber(value), 0 end
  local total, start, today = struct.unpack('>I4I6I4', value)
  return total, start == day_start and today or 0
end

local function quota_value(total, day_start, today, daily)
  if not daily then return total end
  return struct.pack('>I4I6I4', total, day_start, today)
end
