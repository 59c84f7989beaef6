#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/stacking.h"

// The best of all sets of coupons that may be used together on one order. Pure; any thread; the same question
// gets the same answer to the byte, whatever the order in which the coupons are listed.
//
// A set is usable when the stacking rules allow it and every coupon in it takes something off (or adds a
// gift), applied in the order that the campaigns say; that order is not searched.
namespace tessera::core {

enum class Objective : uint8_t {
  // The usable set with the largest benefit: discount and the worth of gifts. No coupon of it could be left
  // out
  // without loss: what gains nothing is kept for another order.
  kCustomerMax,
  // Of the usable sets that no further coupon could join (each usable set with one more of the coupons is not
  // usable), the one with the least benefit. So the customer uses all that goes together, and where coupons
  // exclude each other the one that costs the merchant least wins.
  kMerchantMin,
};

// How much may be tried, in lines looked at: a measure that takes no clock, so that the answer does not
// depend on the machine. The default is some milliseconds.
inline constexpr int64_t kOptimizeWorkMax = 300'000;

struct OptimizedSet {
  // The best set; without coupons when none is usable.
  PricedStack best;
  // The best of the other sets: for kCustomerMax of those that use a coupon which `best` does not (a smaller
  // part of the best set is no alternative), for kMerchantMin of those that no coupon could join.
  std::optional<PricedStack> runner_up;
  // Every coupon that is not in `best`, by campaign id and number, and why: what refuses it by itself, what
  // it cannot go with, or what it would change.
  RefusedCoupons unused;
  // Whether all sets were tried or ruled out: then `best`, or `runner_up`, is certain. Otherwise it is the
  // best found within the work that was allowed.
  bool best_is_proven = true;
  bool runner_up_is_proven = true;
  int64_t work = 0;
  bool operator==(const OptimizedSet&) const = default;
};

// REQUIRES: at most kOptimizedCouponsMax coupons; CheckOrder and CheckOffer accepted order and offers.
OptimizedSet Optimize(const Order& order, std::span<const ListedCoupon> coupons, Objective objective,
                      int64_t work_max = kOptimizeWorkMax);

}  // namespace tessera::core
