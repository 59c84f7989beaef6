// What using coupons spends of their campaigns' limits, in the model: the user's uses, and money. A day's
// budget that is changed holds at once here: elsewhere it may hold from the next day on, and nothing
// compares.

#include <algorithm>

#include "answer.h"
#include "memory_store.h"

namespace tessera::contract {

using core::Error;
using core::InstantMs;
using core::Reason;

namespace {

struct BudgetLeft {
  Reason reason = Reason::kBudget;
  int64_t minor = 0;  // with what the call's own holds have of it
  std::optional<InstantMs> resets_at_ms;

  Error Refusal(int64_t left_minor) const {
    Error error = Error(reason, "less left").With("left_minor", std::to_string(left_minor));
    return resets_at_ms ? std::move(error).With("resets_at", InstantText(*resets_at_ms)) : error;
  }
};

// What a campaign's coupons in a stack take off together, and what ending their holds gives back.
struct Need {
  std::vector<std::pair<JudgedCoupon*, int64_t>> coupons;  // in the order of application
  int64_t minor = 0;
  std::map<InstantMs, int64_t> held;
};

// The last of them is refused; where the budget clips, they share what is left.
void LearnLeft(const Need& need, bool clips, const BudgetLeft& left) {
  JudgedCoupon* last = nullptr;
  int64_t rest = left.minor;
  for (const auto& [coupon, minor] : need.coupons) {
    if (minor == 0) continue;
    last = coupon;
    if (clips && rest == 0) coupon->refused = left.Refusal(0);
    if (!clips || rest == 0) continue;
    coupon->discount_max_minor = std::min(minor, rest);
    rest -= *coupon->discount_max_minor;
  }
  if (!clips) last->refused = left.Refusal(left.minor);
}

void EraseOne(std::multiset<InstantMs>& uses, InstantMs time_ms) {
  if (const auto found = uses.find(time_ms); found != uses.end()) uses.erase(found);
}

}  // namespace

size_t PlaceAmong(const core::AppliedCoupon& applied, const std::vector<JudgedCoupon>& coupons) {
  const auto found = std::find_if(coupons.begin(), coupons.end(), [&](const JudgedCoupon& coupon) {
    return coupon.name == applied.key.name && coupon.why() == nullptr;
  });
  return static_cast<size_t>(found - coupons.begin());
}

int64_t SumOf(const std::map<InstantMs, int64_t>& spent, InstantMs from_ms) {
  int64_t sum = 0;
  for (auto entry = spent.lower_bound(from_ms); entry != spent.end(); ++entry) sum += entry->second;
  return sum;
}

const Hold* MemoryStore::HoldOf(const JudgedCoupon& coupon) const {
  const auto* number = std::get_if<core::CouponNumber>(&coupon.name);
  if (number == nullptr) return nullptr;
  const std::optional<Hold>& hold = coupons_.at(*number).hold;
  return hold ? &*hold : nullptr;
}

std::optional<Error> MemoryStore::OneUseTooMany(const core::CampaignDefinition& definition,
                                                const std::multiset<InstantMs>& uses) const {
  const core::UseLimits& limits = definition.use_limits;
  if (limits.uses_per_user_total && std::ssize(uses) >= *limits.uses_per_user_total)
    return Error(Reason::kUseQuota, "used as many as are allowed");
  struct Row {
    const std::optional<int64_t>& cap;
    core::Window (*window_of)(const std::string& time_zone, InstantMs t);
    Reason reason;
  };
  const Row rows[] = {{limits.uses_per_user_per_day, DayWindowFor, Reason::kUseQuotaPerDay},
                      {limits.uses_per_user_per_week, WeekWindowFor, Reason::kUseQuotaPerWeek},
                      {limits.uses_per_user_per_month, MonthWindowFor, Reason::kUseQuotaPerMonth}};
  for (const Row& row : rows) {
    if (!row.cap) continue;
    const core::Window window = row.window_of(definition.time_zone, now());
    if (std::distance(uses.lower_bound(window.start_ms), uses.end()) < *row.cap) continue;
    return Error(row.reason, "used as many as are allowed").With("resets_at", InstantText(window.end_ms));
  }
  return std::nullopt;
}

bool MemoryStore::UsesAllow(const storage::UseIntent& intent, const core::PricedStack& stack,
                            std::vector<JudgedCoupon>& coupons) const {
  bool allow = true;
  std::map<std::string, std::multiset<InstantMs>> uses_of;  // by campaign, as this call leaves them
  for (const core::AppliedCoupon& applied : stack.applied) {
    const core::CampaignDefinition& definition = campaigns_.at(applied.key.campaign_id).campaign.definition;
    if (!definition.use_limits.count_uses()) continue;
    JudgedCoupon& coupon = coupons[PlaceAmong(applied, coupons)];
    const auto known = uses_.find({applied.key.campaign_id, *intent.user});
    std::multiset<InstantMs>& uses =
        uses_of
            .try_emplace(applied.key.campaign_id,
                         known == uses_.end() ? std::multiset<InstantMs>() : known->second)
            .first->second;
    if (const Hold* hold = HoldOf(coupon)) EraseOne(uses, hold->spent.time_ms);
    coupon.refused = OneUseTooMany(definition, uses);
    if (!coupon.refused) uses.insert(now());
    allow = allow && !coupon.refused;
  }
  return allow;
}

bool MemoryStore::MoneyAllows(const core::PricedStack& stack, std::vector<JudgedCoupon>& coupons) const {
  std::map<std::string, Need> needs;
  for (const core::AppliedCoupon& applied : stack.applied) {
    Need& need = needs[applied.key.campaign_id];
    JudgedCoupon* coupon = &coupons[PlaceAmong(applied, coupons)];
    need.coupons.emplace_back(coupon, applied.discount_minor);
    need.minor += applied.discount_minor;
    if (const Hold* hold = HoldOf(*coupon)) need.held[hold->spent.time_ms] += hold->spent.minor;
  }
  for (const auto& [id, need] : needs) {
    const CampaignRecord& record = campaigns_.at(id);
    const core::UseLimits& limits = record.campaign.definition.use_limits;
    const auto is_short = [&](int64_t cap, BudgetLeft left, InstantMs from_ms) {
      const int64_t held = SumOf(need.held, from_ms);
      left.minor = std::max<int64_t>(cap - SumOf(record.money_spent, from_ms), 0) + held;
      if (need.minor <= left.minor) return false;
      LearnLeft(need, limits.budget_clips, left);
      return true;
    };
    if (limits.budget_total_minor && is_short(*limits.budget_total_minor, {}, 0)) return false;
    if (!limits.budget_per_day_minor) continue;
    const core::Window today = DayOf(record.campaign, now());
    const BudgetLeft of_day{.reason = Reason::kBudgetPerDay, .minor = 0, .resets_at_ms = today.end_ms};
    if (is_short(*limits.budget_per_day_minor, of_day, today.start_ms)) return false;
  }
  return true;
}

void MemoryStore::Spend(const CouponRecord& coupon, Spent spent) {
  CampaignRecord& record = campaigns_.at(coupon.campaign_id);
  const core::UseLimits& limits = record.campaign.definition.use_limits;
  if (!limits.any()) return;
  record.money_spent[spent.time_ms] += spent.minor;
  if (limits.count_uses()) uses_[{coupon.campaign_id, coupon.user}].insert(spent.time_ms);
}

void MemoryStore::GiveBackUse(const CouponRecord& coupon, InstantMs time_ms) {
  EraseOne(uses_[{coupon.campaign_id, coupon.user}], time_ms);
}

void MemoryStore::GiveBackMoney(const CouponRecord& coupon, Spent spent) {
  std::map<InstantMs, int64_t>& money = campaigns_.at(coupon.campaign_id).money_spent;
  if (const auto found = money.find(spent.time_ms); found != money.end()) found->second -= spent.minor;
}

void MemoryStore::GiveBackHold(const CouponRecord& coupon) {
  if (!coupon.hold) return;
  GiveBackUse(coupon, coupon.hold->spent.time_ms);
  GiveBackMoney(coupon, coupon.hold->spent);
}

}  // namespace tessera::contract
