-- What a user has claimed of a campaign: total(4), or total(4) day_start(6) today(4) where a day quota counts.
local function open_quota(value, day_start)
  if not value then return 0, 0 end
  if #value == 4 then return struct.unpack('>I4', value), 0 end
  local total, start, today = struct.unpack('>I4I6I4', value)
  return total, start == day_start and today or 0
end

local function quota_value(total, day_start, today, daily)
  if not daily then return struct.pack('>I4', total) end
  return struct.pack('>I4I6I4', total, day_start, today)
end
