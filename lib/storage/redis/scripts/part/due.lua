-- A wallet bucket is due at the earliest instant at which one of its holds or coupons runs out: its field 'd', and its
-- score in the partition's due set. 'h' counts what a sweeper that looked earlier can't know.
local function make_due(wallet, due, bucket, known, instant)
  if not known or instant < tonumber(known) then
    redis.call('HSET', wallet, 'd', instant)
    redis.call('ZADD', due, instant, bucket)
  end
end
