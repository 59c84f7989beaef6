-- Leases units of a limit to a partition from the pool at home. A block still undelivered is handed out again.
-- KEYS[1] definition: the campaign's record
-- KEYS[2] books: the home's books of the limit
-- ARGV[1] version: of the campaign that the service knows
-- ARGV[2] partition: that asks
-- ARGV[3] got: what the partition ever got
-- ARGV[4] least: with fewer units nobody who waits is served
-- ARGV[5] want: units that all who wait need together
-- ARGV[6] cap: of the limit, which opens its books when they are new
-- ARGV[7] divisor: a block is at most this part of the pool, or what is wanted
-- ARGV[8] expires: end of the books of a day, or ''
-- returns: LEASED, total : ever leased to the partition
-- returns: SHORT, dry, pool : the pool has less than the least; dry is 1 when it was proven that no unit is anywhere else
-- returns: STALE, version : the campaign is at another version
--include part/redis.lua
local version = call('HGET', KEYS[1], 'v')
if version ~= ARGV[1] then return {'STALE', version or '0'} end
local leased = 'l' .. ARGV[2]
local books = call('HMGET', KEYS[2], 'pool', 'version', 'dry', leased)
local total, pool = tonumber(books[4] or 0), tonumber(books[1] or ARGV[6])
if total > tonumber(ARGV[3]) then return {'LEASED', total} end
if not books[1] then
  call('HSET', KEYS[2], 'pool', pool, 'cap', pool, 'version', 0, 'dry', 0, 'epoch', 1)
  if ARGV[8] ~= '' then call('PEXPIREAT', KEYS[2], ARGV[8]) end
end
if pool < tonumber(ARGV[4]) then return {'SHORT', tonumber(books[3] or 0), pool} end
local block = math.min(pool, math.max(tonumber(ARGV[5]), math.ceil(pool / tonumber(ARGV[7]))))
-- The partition may be left with some of it: there are units elsewhere again.
call('HSET', KEYS[2], leased, total + block, 'pool', pool - block, 'version', (books[2] or 0) + 1, 'dry', 0)
return {'LEASED', total + block}
