-- A partition's part of a campaign's limit, in one field of the campaign there: s of the stock, D of a day's, b of the budget, B of
-- a day's; and in s what the campaign has issued here. issued(7) share(7) used(7) got(7) sent(7) at(6) window(6). `share` is at
-- hand, `used` is spent, `got` was ever leased to it (last at `at`), `sent` was ever given back; got = share + used + sent. A lease
-- rides in as the total ever leased: taking it twice does nothing. A new window (a day) begins at zero.
local STOCK, NO_STOCK = '>I7I7I7I7I7I6I6', string.rep('\0', 47)
