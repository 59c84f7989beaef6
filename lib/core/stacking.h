#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/offer_pricing.h"

// What several coupons take off one order together: all of them, or none and why. Pure; any thread.
//
// Coupons are applied by rising priority of their campaigns, then by campaign id, then by their own numbers:
// so the order in which they are listed says nothing, and every answer is the same to the byte.
namespace tessera::core {

// A coupon that is to be used. The offer must outlive every use of it.
struct ListedCoupon {
  CouponKey key;
  const Offer* offer = nullptr;
  // The most that it may take off, where its campaign's budget has no more left. What is left to the coupons
  // after it is what that leaves. Not a reason to choose it or not: Optimize does not look at it.
  std::optional<int64_t> discount_max_minor = std::nullopt;
};

// What was taken off a line, or how many units of a SKU come with the order.
struct LineShare {
  uint32_t line = 0;
  int64_t minor = 0;
  bool operator==(const LineShare&) const = default;
};
struct AddedItem {
  std::string sku;
  int64_t quantity = 0;
  bool operator==(const AddedItem&) const = default;
};

// discount_minor is the sum of the lines' shares and of the shipping's.
struct AppliedCoupon {
  CouponKey key;
  int64_t discount_minor = 0;
  int64_t shipping_minor = 0;
  std::vector<LineShare> lines;  // those that got something off, ascending
  std::optional<AddedItem> added;
  bool operator==(const AppliedCoupon&) const = default;
};

struct PricedStack {
  std::vector<AppliedCoupon> applied;  // in the order of application
  int64_t subtotal_minor = 0;          // of the lines at list price
  int64_t shipping_minor = 0;          // before discounts
  int64_t discount_minor = 0;
  int64_t payable_minor = 0;  // subtotal + shipping - discount, never below 0
  int64_t benefit_minor = 0;  // discount and the worth of gifts
  bool operator==(const PricedStack&) const = default;
};

struct RefusedCoupon {
  CouponKey key;
  Refusal refusal;
  bool operator==(const RefusedCoupon&) const = default;
};

// In the order of application; never empty.
using RefusedCoupons = std::vector<RefusedCoupon>;

// Whether `a` comes before `b`.
bool AppliedBefore(const ListedCoupon& a, const ListedCoupon& b);

// Every refusal by itself or by the stacking rules; where there is none, the first coupon that thresholds or
// floors refuse after those before it. Of a conflict, the coupon that is applied later is refused and names
// the first earlier one that it cannot go with. REQUIRES: CheckOrder and CheckOffer accepted order and
// offers.
std::variant<PricedStack, RefusedCoupons> PriceStack(const Order& order,
                                                     std::span<const ListedCoupon> coupons);

// Counts what is in a set of coupons and says whether one more may join. Of groups it takes note by name
// once, so that asking is cheap.
class StackingRules {
 public:
  // `coupons` by place; at most kOptimizedCouponsMax of them.
  explicit StackingRules(std::span<const ListedCoupon> coupons);

  // Whether `coupon` may join the places in `set`, which may all be together.
  bool MayJoin(uint64_t set, size_t coupon) const;
  // Why not: the place of the first coupon of `set` that it cannot go with. REQUIRES: !MayJoin.
  struct Conflict {
    WhyNot why = WhyNot::kExclusive;
    size_t other = 0;
    std::string group;
    int32_t at_most = 0;
  };
  Conflict ConflictOf(uint64_t set, size_t coupon) const;

  struct Membership {
    uint64_t members = 0;  // of the group, by place
    int32_t at_most = 0;   // by this coupon's rule
    uint32_t group = 0;    // by the order in which names were met
  };
  std::span<const Membership> memberships(size_t coupon) const { return memberships_[coupon]; }
  bool exclusive(size_t coupon) const { return (exclusive_ >> coupon & 1) != 0; }
  // The places that may never be together with `coupon`, whatever else is in the set.
  uint64_t never_with(size_t coupon) const { return never_with_[coupon]; }
  size_t groups() const { return names_.size(); }

 private:
  // The first group that would be too full, or npos.
  size_t FullGroup(uint64_t set, size_t coupon, int32_t* at_most) const;

  std::vector<std::string> names_;
  std::vector<uint64_t> group_members_;
  std::vector<std::vector<Membership>> memberships_;
  std::vector<uint64_t> never_with_;
  uint64_t exclusive_ = 0;
};

}  // namespace tessera::core
