-- The instant of the write: Redis' own clock, in milliseconds. Nobody else's counts. REQUIRES redis.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
