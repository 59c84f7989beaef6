-- The ledger: every effect appends its event here, in the same step. The stream's id is the event's instant and id.
-- An entry is kind(1) flag(1) campaign(4) number(5) user(12) operation(12) and what its kind needs. One of issuing (kind I, written
-- by scripts/issue.lua) names all coupons of its step, each with number(5) user(12) operation(12 and 'o'). REQUIRES redis.
local function append(ledger, kind, flag, campaign, number, user, operation, detail)
  call('XADD', ledger, '*', 'e',
    pack('>c1Bc4I5c12c12', kind, flag, campaign, number, user, operation) .. (detail or ''))
end
