-- The coupons that one order wants to use together, read. Shared by redeem and reserve, whose keys and arguments begin alike. An item
-- of the arguments is ITEM: kind (W of the wallet, C a code that belongs to nobody), which of the campaigns' keys, campaign, version
-- that the service judged by, index in the bucket, number of the coupon or code, when the campaign's coupons can be used, how long
-- after their claim, and its amounts as a use has them.
-- Leaves items, campaigns (each with its counters as they shall be), held (the bucket's next index, the user's value, then the
-- coupons), and judges, by kind of item. REQUIRES begin.
local TERMS, ITEM = '>c2c16c8I4I7I7I7I7', '>c1Bc4I7c3c5I7I6c14'
local FIRST_CAMPAIGN, FIRST_ITEM = 7, 11
local mode, user, field = ARGV[7], ARGV[8], ARGV[2]
local partition, reference, order, attempt, judged_from, judged_until, base, stride = unpack(TERMS, ARGV[9])
local campaigns, items, fields, judges = {}, {}, {}, {}
-- One that stops before the first write needs the version alone.
local counters = mode == 'judge' and {'v'} or {'v', 'r', 'x', 's'}
for k = FIRST_CAMPAIGN, #KEYS do
  local found = call('HMGET', KEYS[k], spread(counters))
  campaigns[#campaigns + 1] = {key = KEYS[k], version = tonumber(found[1] or 0), reserved = tonumber(found[2] or 0),
    redeemed = tonumber(found[3] or 0), stock = found[4]}
end
for i = FIRST_ITEM, #ARGV do
  local kind, of, campaign, version, index, number, from, wait, amounts, rest = unpack(ITEM, ARGV[i])
  campaigns[of].id = campaign
  local it = {kind = kind, of = of, campaign = campaign, version = version, index = index, number = number, from = from, wait = wait,
    amounts = amounts, rest = rest, c = false, ran_out = false, reentered = false}
  items[#items + 1], fields[#fields + 1] = it, index
end
-- The first instant at which an item can be used that was claimed then.
local function usable_from(it, claimed) return math.max(it.from, claimed + it.wait) end
local held = call('HMGET', KEYS[3], 'n', user, spread(fields))
