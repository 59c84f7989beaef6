#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/scope.h"

namespace tessera::core {

// A coupon by what stays the same wherever it is listed. Coupons of equal priority are applied in this order.
struct CouponKey {
  std::string campaign_id;
  CouponName name;
  auto operator<=>(const CouponKey&) const = default;
};

// Why a coupon takes nothing off an order, or is not in the best set. Beside each stands which fields of
// Refusal it fills.
enum class WhyNot : uint8_t {
  // By itself.
  kCurrencyMismatch,
  kOutOfScope,           // dimension, lines: those of the order, none of which is in
  kOrderCountUnknown,    // the scope asks which of the user's orders this is, and the order does not say
  kMinimumNotMet,        // missing_minor: to the minimum spend, or to the lowest step
  kSkuNotInOrder,        // sku, missing_units
  kTooFewUnits,          // missing_units: until one more unit would be lowered
  kNothingToTakeOff,     // every target is at its floor or at its price, or the share rounds to nothing
  kOutsideWeeklyWindow,  // next_valid_at_ms; judged by calendar/weekly_windows.h, since core knows no zones
  // Beside others.
  kListedTwice,     // other: the coupon itself
  kExclusive,       // other
  kGroupFull,       // other, group, at_most
  kTooManyCoupons,  // at_most
  // In the choice of the best set only.
  kSpoilsAnother,  // other: a coupon of the set that would be refused beside it
  kGainsNothing,   // change_minor: by how much the set would be worth more with it (0 or less)
};

struct Refusal {
  WhyNot why = WhyNot::kNothingToTakeOff;
  Dimension dimension = Dimension::kNone;
  int64_t missing_minor = 0;
  int64_t missing_units = 0;
  int64_t change_minor = 0;
  int32_t at_most = 0;
  std::vector<uint32_t> lines;
  std::string sku;
  std::string group;
  std::optional<CouponKey> other;
  std::optional<InstantMs> next_valid_at_ms;
  bool operator==(const Refusal&) const = default;
};

// The name, such as "GROUP_FULL".
std::string_view WhyNotName(WhyNot why);

}  // namespace tessera::core
