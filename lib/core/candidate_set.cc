#include <algorithm>
#include <bit>

#include "core/order_limits.h"
#include "core/set_search.h"

namespace tessera::core {
namespace {

// What pricing one line costs, counted in lines whose bound is computed.
constexpr int64_t kPricedLineWork = 6;
constexpr int64_t kCouponWork = 10;

bool SharesLine(const OfferOnOrder& a, const OfferOnOrder& b) {
  const auto b_targets = b.targets();
  return std::any_of(a.targets().begin(), a.targets().end(), [&](const OfferOnOrder::Target& target) {
    return std::any_of(b_targets.begin(), b_targets.end(),
                       [&](const OfferOnOrder::Target& other) { return other.line == target.line; });
  });
}

bool SameLines(const OfferOnOrder& a, const OfferOnOrder& b) {
  return std::equal(
      a.targets().begin(), a.targets().end(), b.targets().begin(), b.targets().end(),
      [](const OfferOnOrder::Target& x, const OfferOnOrder::Target& y) { return x.line == y.line; });
}

// Whether what it leaves of its targets' sum depends on that sum alone and never falls when the sum rises.
bool IsMonotonePool(const OfferOnOrder& one) {
  const Offer& offer = one.offer();
  const StackingRule& stacking = offer.stacking;
  if (std::any_of(one.targets().begin(), one.targets().end(),
                  [](const OfferOnOrder::Target& target) { return target.unit_floor_minor > 0; })) {
    return false;
  }
  const bool after = stacking.threshold_basis == ThresholdBasis::kAfterDiscounts;
  if (after && offer.minimum_spend_minor) return false;
  if (std::holds_alternative<PercentOff>(offer.benefit)) return stacking.base == PriceBase::kRemaining;
  if (std::holds_alternative<ThresholdOff>(offer.benefit)) return !after;
  return std::holds_alternative<AmountOff>(offer.benefit);
}

bool IsShipping(const OfferOnOrder& one) { return std::holds_alternative<FreeShipping>(one.offer().benefit); }

// Whether `counted` lines of `later` hold a target of `one`, where what is left of them decides.
bool JudgesLeftOf(const OfferOnOrder& later, const OfferOnOrder& one) {
  if (later.offer().stacking.threshold_basis != ThresholdBasis::kAfterDiscounts) return false;
  return std::any_of(one.targets().begin(), one.targets().end(), [&](const OfferOnOrder::Target& target) {
    return std::binary_search(later.counted().begin(), later.counted().end(), target.line);
  });
}

}  // namespace

CandidateSet::CandidateSet(const Order& order, std::span<const ListedCoupon> coupons,
                           std::span<const OfferOnOrder> on_order)
    : order_(&order), coupons_(coupons), on_order_(on_order), rules_(coupons) {
  for (size_t i = 0; i < size(); ++i) {
    if (AlwaysJoins(i)) always_joins_ |= uint64_t{1} << i;
    pool_need_minor_.push_back(PoolNeed(i));
    uint64_t touched = 0;
    for (size_t j = 0; j < size(); ++j) {
      const bool shipping = IsShipping(on_order[i]) && IsShipping(on_order[j]);
      if (shipping || SharesLine(on_order[i], on_order[j]) || JudgesLeftOf(on_order[j], on_order[i])) {
        touched |= uint64_t{1} << j;
      }
    }
    touched_by_.push_back(touched);
    if (const auto* gift = std::get_if<Gift>(&coupons[i].offer->benefit)) {
      ceiling_minor_ += gift->quantity * gift->worth_minor;
    }
  }
  ceiling_minor_ += order.shipping_minor;
  for (const OrderLine& line : order.lines) {
    const int64_t floor = std::min(line.unit_floor_minor.value_or(0), line.unit_price_minor);
    ceiling_minor_ += line.quantity * (line.unit_price_minor - floor);
  }
}

bool CandidateSet::AlwaysJoins(size_t i) const {
  if (size() > limits::kStackedCouponsMax || rules_.never_with(i) != 0) return false;
  for (const StackingRules::Membership& membership : rules_.memberships(i)) {
    if (std::popcount(membership.members) > 1) return false;
  }
  for (size_t j = i + 1; j < size(); ++j) {
    if (IsShipping(on_order_[i]) && IsShipping(on_order_[j]))
      continue;  // a pool too: what is left of shipping
    if (SharesLine(on_order_[i], on_order_[j])) {
      if (!IsMonotonePool(on_order_[j]) || !SameLines(on_order_[i], on_order_[j])) return false;
    } else if (JudgesLeftOf(on_order_[j], on_order_[i])) {
      return false;
    }
  }
  return true;
}

// A share takes off nothing below half a minor unit, everything else takes off what is there.
int64_t CandidateSet::PoolNeed(size_t i) const {
  int64_t need = 1;
  for (size_t j = i + 1; j < size(); ++j) {
    const auto* percent = std::get_if<PercentOff>(&coupons_[j].offer->benefit);
    if (percent != nullptr && SharesLine(on_order_[i], on_order_[j])) {
      need = std::max<int64_t>(need, (5'000 + percent->basis_points - 1) / percent->basis_points);
    }
  }
  return need;
}

int64_t CandidateSet::PoolMinor(size_t i, const TakenOff& taken) const {
  if (IsShipping(on_order_[i])) return order_->shipping_minor - taken.shipping_minor;
  int64_t left = 0;
  for (const OfferOnOrder::Target& target : on_order_[i].targets()) {
    left += target.quantity * target.unit_price_minor - taken.lines[target.line];
  }
  return left;
}

bool CandidateSet::MayJoin(uint64_t set, size_t i) const {
  return std::popcount(set) < static_cast<int>(limits::kStackedCouponsMax) && rules_.MayJoin(set, i);
}

CandidateSet::Value CandidateSet::Evaluate(uint64_t set) const {
  Value value;
  TakenOff taken = Nothing();
  Cut cut;
  for (uint64_t rest = set; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(rest));
    if (const auto why = on_order_[i].Price(taken, cut)) {
      value.refusal = on_order_[i].Explain(*why, taken);
      value.refused = i;
      return value;
    }
    taken.Add(on_order_[i], cut);
    value.benefit_minor += cut.benefit_minor();
  }
  return value;
}

int64_t CandidateSet::price_work(size_t i) const {
  return kCouponWork + kPricedLineWork * static_cast<int64_t>(on_order_[i].targets().size());
}

int64_t CandidateSet::bound_work(size_t i) const {
  return kCouponWork + static_cast<int64_t>(on_order_[i].targets().size());
}

}  // namespace tessera::core
