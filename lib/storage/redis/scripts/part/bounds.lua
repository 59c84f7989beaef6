-- A quota that does not limit, the last index of a coupon in its bucket, and the last number of one.
local NONE, INDEX_MAX, NUMBER_MAX = 4294967295, 16777214, 34359738367
