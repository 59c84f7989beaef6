-- What every script calls, by short names: a local costs less to find than a field of a global table.
local spread = unpack
local call, pack, unpack, sub = redis.call, struct.pack, struct.unpack, string.sub
