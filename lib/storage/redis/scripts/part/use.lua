-- May this coupon be used by this order now? Shared by redeem and reserve, whose keys and arguments begin alike.
-- The order of the questions is part of the contract: the coupon's own state before the campaign's, and time last.
-- REQUIRES now, coupon, event; leaves c (the coupon), number (its own), ran_out (another's hold, booked here), and reserved and
-- redeemed: the campaign's counters in this partition.
local version, found = call('HGET', KEYS[4], 'v'), call('HGET', KEYS[3], ARGV[7])
if version ~= ARGV[9] then return {'STALE', now, version or '0'} end
if not found then return {'NOT_FOUND', now} end
local c = open_coupon(found)
if ARGV[10] ~= '' and ARGV[10] ~= c.user then return {'FOREIGN', now} end
if c.state == REVOKED then return {'REVOKED', now} end
if c.state == REDEEMED then return {'REDEEMED', now, c.redemption} end
if c.state == EXPIRED or now >= c.ending then return {'EXPIRED', now, c.ending} end
local ran_out = c.state == RESERVED and now >= c.held_until
local reentered = c.state == RESERVED and not ran_out
if reentered and c.order ~= ARGV[11] then return {'HELD', now, c.held_until} end
if now < tonumber(ARGV[12]) then return {'NOT_YET', now} end
if ARGV[16] == 'judge' then return {'PASS', now} end
local number = tonumber(ARGV[8])
local counts = call('HMGET', KEYS[4], 'r', 'x')
local reserved, redeemed = tonumber(counts[1] or 0), tonumber(counts[2] or 0)
if ran_out then
  append(KEYS[5], 'O', 0, c.campaign, number, c.user, sub(c.reservation, 5))
  reserved = reserved - 1
end
