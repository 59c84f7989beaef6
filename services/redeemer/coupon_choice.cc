#include "services/redeemer/coupon_choice.h"

#include <algorithm>

#include "api/convert_error.h"
#include "api/convert_judgement.h"
#include "api/convert_refusal.h"
#include "api/coupon_ref.h"
#include "core/order_limits.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;
using core::Reason;

// Whether a coupon was refused for what its offer says of the order, and not for its state or its campaign's:
// that may be another matter beside others, and the core tells it itself.
bool IsOfTheOffer(Reason reason) {
  return reason == Reason::kCurrencyMismatch || reason == Reason::kNotApplicable ||
         reason == Reason::kOrderCountUnknown || reason == Reason::kMinimumSpendNotMet ||
         reason == Reason::kSkuNotInOrder || reason == Reason::kTooFewUnits ||
         reason == Reason::kNothingToTakeOff;
}

// What a coupon does for the customer by itself: what it takes off, and its gift at what its campaign says.
int64_t WorthOf(const core::AppliedCoupon& applied, const core::Campaign& campaign) {
  const auto* gift = std::get_if<core::Gift>(&campaign.definition.offer.benefit);
  return applied.discount_minor + (gift != nullptr ? gift->quantity * gift->worth_minor : 0);
}

core::Error TooMany() {
  const auto at_most = static_cast<int32_t>(core::limits::kOptimizedCouponsMax);
  return core::Error(Reason::kTooManyCoupons, "more coupons can be used than a set is chosen from")
      .With("at_most", std::to_string(at_most));
}

}  // namespace

CouponChoice::CouponChoice(core::Order order, core::Objective objective, AloneJudge::Judged judged,
                           std::vector<core::CouponName> listed)
    : order_(std::move(order)),
      line_ids_(api::LineIdsOf(order_)),
      objective_(objective),
      listed_(std::move(listed)) {
  for (JudgedAlone& one : judged) {
    const auto* applied = std::get_if<core::AppliedCoupon>(&one.says);
    Candidate candidate;
    candidate.key = applied != nullptr ? applied->key : core::CouponKey{one.campaign_id, one.coupon};
    candidate.campaign = std::move(one.campaign);
    candidate.discount_max_minor = one.discount_max_minor;
    const auto place = std::find(listed_.begin(), listed_.end(), one.coupon);
    if (place != listed_.end()) candidate.place = static_cast<size_t>(place - listed_.begin());
    const auto* refusal = std::get_if<core::Error>(&one.says);
    if (refusal != nullptr && (candidate.campaign == nullptr || !IsOfTheOffer(refusal->reason))) {
      candidate.refused = *refusal;
    }
    const core::CouponKey key = candidate.key;
    if (candidate.place) listed_[*candidate.place] = key.name;
    if (applied != nullptr) worth_[key] = WorthOf(*applied, *candidate.campaign);
    const auto [same, is_new] = candidates_.try_emplace(key, std::move(candidate));
    if (!is_new) twice_.push_back(std::move(candidate));
  }
  KeepTheBest();
}

// No more than can be searched: first those that by themselves are most of what is wanted, and last those
// that can't be used by themselves.
void CouponChoice::KeepTheBest() {
  std::vector<core::CouponKey> usable;
  for (const auto& [key, candidate] : candidates_) {
    if (!candidate.refused) usable.push_back(key);
  }
  if (usable.size() <= core::limits::kOptimizedCouponsMax) return;
  limited_ = true;
  const auto rank = [this](const core::CouponKey& key) {
    const auto worth = worth_.find(key);
    if (worth == worth_.end()) return std::pair(true, int64_t{0});
    return std::pair(false, objective_ == core::Objective::kMerchantMin ? worth->second : -worth->second);
  };
  std::stable_sort(
      usable.begin(), usable.end(),
      [&](const core::CouponKey& one, const core::CouponKey& other) { return rank(one) < rank(other); });
  for (size_t i = core::limits::kOptimizedCouponsMax; i < usable.size(); ++i) {
    candidates_.at(usable[i]).refused = TooMany();
  }
}

void CouponChoice::Choose() {
  std::vector<core::ListedCoupon> coupons;
  for (const auto& [key, candidate] : candidates_) {
    if (candidate.refused) continue;
    coupons.push_back({.key = key,
                       .offer = &candidate.campaign->definition.offer,
                       .discount_max_minor = candidate.discount_max_minor});
  }
  chosen_ = core::Optimize(order_, coupons, objective_);
}

std::vector<core::CouponName> CouponChoice::BestNames() const {
  std::vector<core::CouponName> names;
  for (const core::AppliedCoupon& applied : best()) names.push_back(applied.key.name);
  return names;
}

void CouponChoice::Refuse(const core::CouponName& coupon, core::Error why) {
  // Its place was that in another list.
  std::erase_if(why.metadata, [](const auto& entry) { return entry.first == "coupon"; });
  for (auto& [key, candidate] : candidates_) {
    if (key.name == coupon && !candidate.refused) candidate.refused = why;
  }
  limited_ = true;
}

void CouponChoice::RefuseBut(const std::string& campaign_id, const std::set<core::CouponName>& kept,
                             const core::Error& why) {
  for (const auto& [key, candidate] : candidates_) {
    if (key.campaign_id == campaign_id && !kept.contains(key.name)) Refuse(key.name, why);
  }
}

void CouponChoice::Limit(const core::CouponName& coupon, int64_t discount_max_minor) {
  for (auto& [key, candidate] : candidates_) {
    if (key.name == coupon) candidate.discount_max_minor = discount_max_minor;
  }
  limited_ = true;
}

pb::CouponSet CouponChoice::ToProto(const core::PricedStack& stack) const {
  pb::CouponSet out;
  const api::OrderWords words{order_.currency, line_ids_};
  for (const core::AppliedCoupon& applied : stack.applied) {
    pb::ChosenCoupon* coupon = out.add_coupons();
    *coupon->mutable_applied() = api::ToProto(applied, words);
    const Candidate& candidate = Of(applied.key);
    if (candidate.place) coupon->set_place(static_cast<int32_t>(*candidate.place));
  }
  api::SetSums(&out, order_, stack.discount_minor);
  return out;
}

pb::UnusedCoupon CouponChoice::Unused(const Candidate& candidate, const core::Error& why) const {
  pb::UnusedCoupon out;
  out.set_coupon_id(api::CouponIdOf(candidate.key.name));
  out.set_campaign_id(candidate.key.campaign_id);
  if (candidate.place) out.set_place(static_cast<int32_t>(*candidate.place));
  *out.mutable_refusal() = api::ToProto(why);
  return out;
}

pb::OptimizeCouponsResponse CouponChoice::Answer() const {
  pb::OptimizeCouponsResponse out;
  *out.mutable_best() = ToProto(chosen_.best);
  if (chosen_.runner_up) *out.mutable_runner_up() = ToProto(*chosen_.runner_up);
  std::map<core::CouponKey, core::Error> unused;
  for (const auto& [key, candidate] : candidates_) {
    if (candidate.refused) unused.emplace(key, *candidate.refused);
  }
  for (const core::RefusedCoupon& refused : chosen_.unused) {
    const api::RefusalContext context{order_, Of(refused.key).campaign->definition.offer, listed_};
    unused.emplace(refused.key, api::ToError(refused.refusal, context));
  }
  for (const auto& [key, why] : unused) *out.add_unused() = Unused(Of(key), why);
  const core::Offer none;
  for (const Candidate& candidate : twice_) {
    const api::RefusalContext context{order_, none, listed_};
    const core::Refusal refusal{.why = core::WhyNot::kListedTwice, .other = candidate.key};
    *out.add_unused() = Unused(candidate, api::ToError(refusal, context));
  }
  out.set_best_is_proven(chosen_.best_is_proven && !limited_);
  out.set_runner_up_is_proven(chosen_.runner_up_is_proven && !limited_);
  return out;
}

}  // namespace tessera::redeemer
