#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/offer.h"
#include "core/stacking.h"
#include "core/threshold_loss.h"

// What comes back when a part of an order is returned, or one of its coupons: computed from what was stored
// when the coupons were used, never from prices or campaigns of today. Pure; any thread.
//
// However an order is returned, in whichever parts, the refunds less the amounts due sum to exactly what was
// paid, and of each coupon exactly its discount is accounted for.
namespace tessera::core {

// A line as far as it was not returned.
struct StandingLine {
  int64_t unit_price_minor = 0;
  int64_t quantity = 0;
  bool operator==(const StandingLine&) const = default;
};

// A coupon as far as its discount stands.
struct StandingCoupon {
  CouponKey key;
  std::vector<int64_t> off_minor;  // by line
  int64_t shipping_off_minor = 0;
  std::vector<uint32_t> counted;  // the lines whose sum is held to the steps, ascending
  // The sums that were reached, rising, with what each gives; a minimum spend gives all there is. Empty:
  // nothing to lose.
  std::vector<ThresholdStep> steps;
  ThresholdBasis threshold_basis = ThresholdBasis::kBeforeDiscounts;
  ThresholdLoss threshold_loss = ThresholdLoss::kKeep;
  bool operator==(const StandingCoupon&) const = default;
};

// What is stored with a redemption and changed by each return.
struct StandingOrder {
  std::vector<StandingLine> lines;
  int64_t shipping_minor = 0;           // as far as it was not refunded
  std::vector<StandingCoupon> coupons;  // in the order of application
  bool operator==(const StandingOrder&) const = default;
};

// A coupon of a stack that was paid, with what its campaign says. The offer must outlive every use of it.
struct PaidCoupon {
  CouponKey key;
  const Offer* offer = nullptr;
  ThresholdLoss threshold_loss = ThresholdLoss::kKeep;
};

// The order as it stands when `stack` was just paid. `coupons` are those of the stack, by key, in any order.
StandingOrder StandingAfter(const Order& order, const PricedStack& stack,
                            std::span<const PaidCoupon> coupons);

// What is given back: units of lines, the shipping, or one coupon, whose discount is then due.
struct ReturnedUnits {
  uint32_t line = 0;
  int64_t quantity = 0;
  bool operator==(const ReturnedUnits&) const = default;
};
struct PartialReturn {
  std::vector<ReturnedUnits> units;
  bool shipping = false;
  std::optional<CouponKey> coupon;
  bool operator==(const PartialReturn&) const = default;
};

// What of a coupon's discount went, and why.
struct CouponChange {
  CouponKey key;
  int64_t returned_minor = 0;    // with the returned units and shipping: never was the customer's
  int64_t clawed_minor = 0;      // from what stays: a threshold lost, or the coupon itself returned
  std::vector<LineShare> lines;  // both, by line
  bool operator==(const CouponChange&) const = default;
};

struct ReturnOutcome {
  int64_t gross_minor = 0;   // list price of what came back
  int64_t refund_minor = 0;  // to the customer
  int64_t due_minor = 0;     // from the customer, when more was clawed back than came back; one of both is 0
  std::vector<CouponChange> coupons;  // those that changed, in the order of application
  StandingOrder standing;
  bool operator==(const ReturnOutcome&) const = default;
};

// INVALID_FIELD, below `path`, for lines that are not there, named twice, or returned beyond what stands, for
// a coupon that is not of the order, and for a return of nothing.
//
// Of a line's discounts that still stand, the returned units take their share of the quantity with them,
// rounded half up once for the line and split over its coupons by what each still has there, by largest
// remainder: the last units take what is left. Then thresholds are judged, coupon by coupon in the order of
// application.
Result<ReturnOutcome> ReturnPart(const StandingOrder& standing, const PartialReturn& part,
                                 const std::string& path);

}  // namespace tessera::core
