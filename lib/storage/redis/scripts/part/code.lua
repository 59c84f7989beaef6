-- The state of a code that was made before it had a user, at its home; free is absent. 'T' (taken): attempt(4) since(6) holder(26).
-- 'U' (used): number(5) of the coupon that it became, holder(26). 'W' (withdrawn by an operator): at(6). A holder is an operation as it is found: partition(2)
-- reference(16) body(8); it is the same operation where all but partition and period are. REQUIRES redis.
local TAKEN, USED = '>c1I4I6c26', '>c1c5c26'
local function same(holder, other)
  return sub(holder, 7) == sub(other, 7)
end
