#include "core/stacking.h"

#include <algorithm>
#include <bit>

#include "core/order_limits.h"

namespace tessera::core {
namespace {

constexpr size_t kNoGroup = SIZE_MAX;

size_t FirstOf(uint64_t set) { return static_cast<size_t>(std::countr_zero(set)); }

// What refuses coupons before any price is known.
RefusedCoupons RefuseUpFront(std::span<const ListedCoupon> coupons, std::span<const OfferOnOrder> on_order) {
  RefusedCoupons refused;
  const StackingRules rules(coupons);
  uint64_t set = 0;
  for (size_t i = 0; i < coupons.size(); ++i) {
    const CouponKey& key = coupons[i].key;
    if (i > 0 && coupons[i - 1].key == key) {
      refused.push_back({.key = key, .refusal = {.why = WhyNot::kListedTwice, .other = key}});
    } else if (on_order[i].refusal()) {
      refused.push_back({.key = key, .refusal = *on_order[i].refusal()});
    } else if (!rules.MayJoin(set, i)) {
      const StackingRules::Conflict conflict = rules.ConflictOf(set, i);
      refused.push_back({.key = key,
                         .refusal = {.why = conflict.why,
                                     .at_most = conflict.at_most,
                                     .group = conflict.group,
                                     .other = coupons[conflict.other].key}});
    } else {
      set |= uint64_t{1} << i;
    }
  }
  return refused;
}

AppliedCoupon Applied(const ListedCoupon& coupon, const OfferOnOrder& on_order, const Cut& cut) {
  AppliedCoupon applied{.key = coupon.key,
                        .discount_minor = cut.discount_minor(),
                        .shipping_minor = cut.shipping_minor,
                        .lines = {},
                        .added = {}};
  for (size_t i = 0; i < cut.shares.size(); ++i) {
    if (cut.shares[i] != 0)
      applied.lines.push_back({.line = on_order.targets()[i].line, .minor = cut.shares[i]});
  }
  if (const auto* gift = std::get_if<Gift>(&coupon.offer->benefit)) {
    applied.added = AddedItem{.sku = gift->sku, .quantity = gift->quantity};
  }
  return applied;
}

}  // namespace

bool AppliedBefore(const ListedCoupon& a, const ListedCoupon& b) {
  if (a.offer->stacking.priority != b.offer->stacking.priority) {
    return a.offer->stacking.priority < b.offer->stacking.priority;
  }
  return a.key < b.key;
}

std::variant<PricedStack, RefusedCoupons> PriceStack(const Order& order,
                                                     std::span<const ListedCoupon> listed) {
  std::vector<ListedCoupon> coupons(listed.begin(), listed.end());
  std::sort(coupons.begin(), coupons.end(), AppliedBefore);
  if (coupons.size() > limits::kStackedCouponsMax) {
    RefusedCoupons refused;
    for (size_t i = limits::kStackedCouponsMax; i < coupons.size(); ++i) {
      refused.push_back({.key = coupons[i].key,
                         .refusal = {.why = WhyNot::kTooManyCoupons,
                                     .at_most = static_cast<int32_t>(limits::kStackedCouponsMax)}});
    }
    return refused;
  }
  std::vector<OfferOnOrder> on_order;
  on_order.reserve(coupons.size());
  for (const ListedCoupon& coupon : coupons)
    on_order.emplace_back(*coupon.offer, order, coupon.discount_max_minor);
  if (RefusedCoupons refused = RefuseUpFront(coupons, on_order); !refused.empty()) return refused;

  PricedStack stack{
      .applied = {}, .subtotal_minor = order.SubtotalMinor(), .shipping_minor = order.shipping_minor};
  stack.applied.reserve(coupons.size());
  TakenOff taken{.lines = std::vector<int64_t>(order.lines.size())};
  Cut cut;
  for (size_t i = 0; i < coupons.size(); ++i) {
    if (const auto why = on_order[i].Price(taken, cut)) {
      return RefusedCoupons{{.key = coupons[i].key, .refusal = on_order[i].Explain(*why, taken)}};
    }
    taken.Add(on_order[i], cut);
    stack.discount_minor += cut.discount_minor();
    stack.benefit_minor += cut.benefit_minor();
    stack.applied.push_back(Applied(coupons[i], on_order[i], cut));
  }
  stack.payable_minor = stack.subtotal_minor + stack.shipping_minor - stack.discount_minor;
  return stack;
}

StackingRules::StackingRules(std::span<const ListedCoupon> coupons)
    : memberships_(coupons.size()), never_with_(coupons.size()) {
  for (size_t i = 0; i < coupons.size(); ++i) {
    const StackingRule& rule = coupons[i].offer->stacking;
    if (rule.exclusive) exclusive_ |= uint64_t{1} << i;
    for (const GroupRule& group : rule.groups) {
      const auto known = std::find(names_.begin(), names_.end(), group.group);
      const auto number = static_cast<uint32_t>(known - names_.begin());
      if (known == names_.end()) {
        names_.push_back(group.group);
        group_members_.push_back(0);
      }
      group_members_[number] |= uint64_t{1} << i;
      memberships_[i].push_back({.members = 0, .at_most = group.at_most, .group = number});
    }
  }
  const uint64_t all = coupons.size() >= 64 ? ~uint64_t{0} : (uint64_t{1} << coupons.size()) - 1;
  for (size_t i = 0; i < coupons.size(); ++i) {
    never_with_[i] |= exclusive(i) ? all : exclusive_;
    for (Membership& membership : memberships_[i]) {
      membership.members = group_members_[membership.group];
      if (membership.at_most == 1) never_with_[i] |= membership.members;
    }
  }
  for (size_t i = 0; i < coupons.size(); ++i) {
    never_with_[i] &= ~(uint64_t{1} << i);
    for (size_t j = 0; j < coupons.size(); ++j) {
      if (j != i && (never_with_[j] >> i & 1) != 0) never_with_[i] |= uint64_t{1} << j;
    }
  }
}

size_t StackingRules::FullGroup(uint64_t set, size_t coupon, int32_t* at_most) const {
  for (const Membership& membership : memberships_[coupon]) {
    const uint64_t inside = set & membership.members;
    int32_t least = membership.at_most;
    for (uint64_t rest = inside; rest != 0; rest &= rest - 1) {
      for (const Membership& other : memberships_[FirstOf(rest)]) {
        if (other.group == membership.group) least = std::min(least, other.at_most);
      }
    }
    if (std::popcount(inside) + 1 > least) {
      if (at_most != nullptr) *at_most = least;
      return membership.group;
    }
  }
  return kNoGroup;
}

bool StackingRules::MayJoin(uint64_t set, size_t coupon) const {
  return (set & never_with_[coupon]) == 0 && FullGroup(set, coupon, nullptr) == kNoGroup;
}

StackingRules::Conflict StackingRules::ConflictOf(uint64_t set, size_t coupon) const {
  const uint64_t apart = exclusive(coupon) ? set : set & exclusive_;
  if (apart != 0) return {.why = WhyNot::kExclusive, .other = FirstOf(apart)};
  Conflict conflict{.why = WhyNot::kGroupFull};
  const size_t group = FullGroup(set, coupon, &conflict.at_most);
  conflict.group = names_[group];
  conflict.other = FirstOf(set & group_members_[group]);
  return conflict;
}

}  // namespace tessera::core
