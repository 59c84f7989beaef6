-- Reads a user's coupons, newest first, along their chain.
-- KEYS[1] wallet: the user's bucket
-- ARGV[1] user: whose
-- ARGV[2] from: where to go on, as `next` of the reply before; '' to begin
-- ARGV[3] count: how many at most
-- returns: OK, now, next, fields, then per coupon index, value : next is 0 at the end; fields are those of the whole bucket
--include part/redis.lua
--include part/now.lua
local head = ARGV[2] == '' and call('HGET', KEYS[1], ARGV[1])
local at = tonumber(ARGV[2]) or (head and unpack('>I3', head)) or 0
local answer = {'OK', now, 0, call('HLEN', KEYS[1])}
for _ = 1, tonumber(ARGV[3]) do
  if at == 0 then break end
  local value = call('HGET', KEYS[1], pack('>I3', at - 1))
  if not value then
    at = 0
    break
  end
  answer[#answer + 1], answer[#answer + 2] = at - 1, value
  at = unpack('>I3', value, 18)
end
answer[3] = at
return answer
