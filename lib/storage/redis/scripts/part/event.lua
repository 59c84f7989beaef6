-- The ledger: every effect appends its event here, in the same step. The stream's id is the event's instant and id.
-- An entry of one coupon is kind(1) flag(1) campaign(4) number(5) user(12) operation(12) and what its kind needs. One of issuing
-- (kind I, written by scripts/issue.lua) names all coupons of its step, each with number(5) user(12) operation(12 and 'o'). REQUIRES
-- redis.
local function append(ledger, kind, flag, campaign, number, user, operation, detail)
  call('XADD', ledger, '*', 'e',
    pack('>c1Bc4I5c12c12', kind, flag, campaign, number, user, operation) .. (detail or ''))
end

-- An entry of an order's coupons is kind(1) count(1) user(12) operation(12), as many uses, and what its kind needs. A use is
-- campaign(4) number(5) flag(1) subtotal(7) discount(7): what this coupon counts of the order's sum, which the first coupon of a
-- campaign counts for all of them, and what it takes off.
local USE_BYTES = 24
local function append_uses(ledger, kind, user, operation, uses, detail)
  call('XADD', ledger, '*', 'e', kind .. string.char(#uses / USE_BYTES) .. user .. operation .. uses .. (detail or ''))
end
