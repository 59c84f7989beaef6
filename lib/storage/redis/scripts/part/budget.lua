-- What a subject has spent of its attempts: their number(4), and the end of the window(6) in which that counts.
local BUDGET = '>I4I6'
