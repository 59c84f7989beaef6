#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/offer.h"
#include "core/order.h"
#include "core/refusal.h"

// What one coupon takes off one order. All amounts are minor units; a share is rounded half up once per
// coupon, on the sum (MultiplyRoundHalfUp), and then split over the targets by core/allocation.h: in
// proportion to the price base for percents, amounts and thresholds, to the price of the lowered units for
// BuyGet, and unit by unit, hence without rounding, for CutTo and Exchange.
//
// What caps, floors, bases and thresholds do to each other, in this order:
//  1. the lines in scope are summed, at list prices or at what earlier coupons left (ThresholdBasis), and
//  held
//     to the minimum spend and to the steps;
//  2. the benefit is computed from list prices or from what is left (PriceBase), line by line no more than
//  the
//     line's room: what is left of it above its floors (the line's own and the offer's);
//  3. the sum is rounded, then capped;
//  4. the result is split over the lines, none beyond its room.
// So 0 < discount <= what is left to pay, and a coupon that would take nothing off is refused instead.
//
// Pure; any thread.
namespace tessera::core {

class OfferOnOrder;
struct Cut;

// What coupons applied so far took off, in total.
struct TakenOff {
  std::vector<int64_t> lines;  // by place of the line in the order
  int64_t shipping_minor = 0;

  void Add(const OfferOnOrder& on_order, const Cut& cut);
};

// What one coupon takes off.
struct Cut {
  int64_t goods_minor = 0;
  int64_t shipping_minor = 0;
  int64_t worth_minor = 0;      // of a gift
  std::vector<int64_t> shares;  // of goods_minor, by target

  int64_t discount_minor() const { return goods_minor + shipping_minor; }
  // What sets of coupons are compared by.
  int64_t benefit_minor() const { return discount_minor() + worth_minor; }
};

// An offer held against an order: what can be said before any other coupon is known. Both must outlive it.
// REQUIRES: CheckOrder accepts the order, and CheckOffer, or at least CheckComputable, the offer.
class OfferOnOrder {
 public:
  OfferOnOrder(const Offer& offer, const Order& order,
               std::optional<int64_t> discount_max_minor = std::nullopt);

  const Offer& offer() const { return *offer_; }
  const Order& order() const { return *order_; }

  // Set when no state of the order changes it: currency, scope, a SKU that is missing, too few units.
  const std::optional<Refusal>& refusal() const { return refusal_; }

  struct Target {
    uint32_t line;
    int64_t quantity;
    int64_t unit_price_minor;
    int64_t unit_floor_minor;  // the higher of the line's and the offer's, at most the price
  };
  // The lines that it may lower, ascending.
  std::span<const Target> targets() const { return targets_; }
  // The lines that it counts, ascending.
  std::span<const uint32_t> counted() const { return counted_; }

  // Units in scope but those of get_sku, for a BuyGet that has one.
  int64_t bought_units() const { return bought_units_; }

  // What it takes off after `before`, at most discount_max_minor, into `cut`; or why it takes off nothing,
  // and `cut` is undefined. REQUIRES: no refusal().
  std::optional<WhyNot> Price(const TakenOff& before, Cut& cut) const;
  // `why` with its facts.
  Refusal Explain(WhyNot why, const TakenOff& before) const;

  // At least the benefit of Price after any state that has taken `before` and perhaps more, from any line.
  // REQUIRES: no refusal().
  int64_t BenefitBound(const TakenOff& before) const;
  // Whether that takes a sort, so that an older bound, which holds as well, may be the better bargain.
  bool bound_takes_sort() const;

  // The benefit of Price, without splitting it; 0 when it is refused. REQUIRES: no refusal().
  int64_t BenefitMinor(const TakenOff& before) const;

  // The sum that thresholds are judged by.
  int64_t SpendMinor(const TakenOff& before) const;

 private:
  bool FindLines();
  void RefuseTooFewUnits();

  const Offer* offer_;
  const Order* order_;
  std::optional<int64_t> discount_max_minor_;
  std::optional<Refusal> refusal_;
  std::vector<uint32_t> counted_;
  std::vector<int64_t> counted_list_minor_;
  int64_t counted_sum_minor_ = 0;
  int64_t bought_units_ = 0;
  std::vector<Target> targets_;
};

}  // namespace tessera::core
