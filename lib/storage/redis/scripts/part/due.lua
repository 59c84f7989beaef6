-- The due set says when a sweeper finds something run out. A wallet bucket is due at the earliest end of its holds, and of coupons
-- that end before their campaign's others: its field 'd' (6 bytes), and its score in the set; 'h' counts what a sweeper that looked
-- earlier can't know. The others' ends stand there once for all buckets, as 'e' and the instant, since the partition was told of the
-- campaign (set_version.lua). REQUIRES redis.
local function make_due(wallet, due, bucket, instant)
  local known = call('HGET', wallet, 'd')
  call('HINCRBY', wallet, 'h', 1)
  if not known or instant < unpack('>I6', known) then
    call('HSET', wallet, 'd', pack('>I6', instant))
    call('ZADD', due, instant, bucket)
  end
end
