-- A wallet bucket is due at the earliest instant at which one of its holds or coupons runs out: its field 'd' (6 bytes), and its
-- score in the partition's due set. 'h' counts what a sweeper that looked earlier can't know.
local function make_due(wallet, due, bucket, known, instant)
  if not known or instant < struct.unpack('>I6', known) then
    redis.call('HSET', wallet, 'd', struct.pack('>I6', instant))
    redis.call('ZADD', due, instant, bucket)
  end
end
