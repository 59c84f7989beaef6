-- The instant of the write: Redis' own clock, in milliseconds. Nobody else's counts.
local call, pack, unpack, sub = redis.call, struct.pack, struct.unpack, string.sub
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
