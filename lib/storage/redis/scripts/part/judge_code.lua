-- May a code that belongs to nobody become the user's coupon? Its item goes on with CODE: VALIDITY, the user's quotas in all and of the
-- day (NONE without), and the day's start. What it is given, the items after it find taken. Leaves quotas. REQUIRES open_stack,
-- attempt, code_quota, bounds, validity.
local CODE = '>c25I4I4c6'
if attempt > 0 then
  local late = fenced(KEYS[1], KEYS[2], field)
  if attempt <= late then return {'LATE', now, late} end
end
local next_index, quotas = unpack('>I3', held[1] or NO_COUPON), open_quotas(KEYS[3], user, held[2])
function judges.C(it, place)
  local validity, user_total, user_day, day_start, rest = unpack(CODE, ARGV[FIRST_ITEM - 1 + place], it.rest)
  it.ending, it.rest = ending_of(validity), rest
  if now >= unpack('>I6', validity) then return 'EXPIRED' end
  local from = usable_from(it, now)
  if now < from then return 'NOT_YET', from end
  local q = quota_of(quotas, it.campaign, day_start)
  if q.total >= user_total then return 'QUOTA' end
  if q.today >= user_day then return 'QUOTA_DAY' end
  local number = base + next_index * stride
  if number > NUMBER_MAX or next_index > INDEX_MAX then return 'FULL' end
  it.code, it.index, it.number, next_index = it.number, pack('>I3', next_index), pack('>I5', number), next_index + 1
  q.total, q.today = q.total + 1, q.today + 1
end
