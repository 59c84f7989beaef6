-- A user's value in the wallet: the head of the chain of coupons, as the index of the newest plus one (3 bytes, NO_COUPON at
-- first), then what the user has claimed: campaign(4) total(4) day_start(6) today(4), of three campaigns at most. Of further
-- ones it stands in a field of its own, user and campaign, without the campaign: so no value outgrows a small hash.
local NO_COUPON, NO_DAY, QUOTA, QUOTAS_FULL = '\0\0\0', '\0\0\0\0\0\0', '>I4c6I4', 57
