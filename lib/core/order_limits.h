#pragma once

#include <cstddef>
#include <cstdint>

// Bounds on orders with several coupons and on what their campaigns may say, by name; core/limits.h has the
// rest. CheckOrder and CheckOffer keep them.
namespace tessera::core::limits {

inline constexpr size_t kCategoriesPerLineMax = 20;
inline constexpr size_t kNameLengthMax =
    64;  // of a category, merchant, store, channel, payment method, group
inline constexpr size_t kUserAttributesMax = 50;
inline constexpr int64_t kCompletedOrdersMax = 1'000'000'000;  // of one user
inline constexpr size_t kScopeEntriesMax = 1'000;              // of one list of a scope
inline constexpr size_t kThresholdStepsMax = 10;
inline constexpr size_t kGroupsPerCouponMax = 4;
inline constexpr size_t kWeeklyWindowsMax = 50;
// Buy-X-get-Y counts in runs of X + Y units; each of them stays below this.
inline constexpr int64_t kRunUnitsMax = 1'000;
inline constexpr size_t kStackedCouponsMax = 20;      // redeemed together
inline constexpr size_t kOptimizedCouponsMax = 64;    // chosen from; a set of them is one 64-bit word
inline constexpr int32_t kEligiblePageSizeMax = 500;  // of a wallet, judged on one order

}  // namespace tessera::core::limits
