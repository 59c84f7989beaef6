// Random orders and campaigns' offers in which groups, thresholds, caps, floors and bases meet. The same seed
// gives the same ones.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/stacking.h"

namespace tessera::testing {

struct OrderKind {
  size_t lines = 10;
  size_t categories = 4;
  int64_t unit_price_max_minor = 10'000;
  int64_t quantity_max = 3;
  int floors_in_100 = 15;  // lines that have a floor
};

struct OfferKind {
  size_t groups = 4;
  int grouped_in_100 = 60;
  int exclusive_in_100 = 5;
  int scoped_in_100 = 50;
  int initial_in_100 = 30;
  int after_in_100 = 40;
  int amount_max_minor = 4'000;
  int percent_max_basis_points = 4'000;
};

class RandomOrders {
 public:
  explicit RandomOrders(uint64_t seed) : random_(seed) {}

  int64_t Below(int64_t bound) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound)); }
  bool In100(int chance) { return Below(100) < chance; }

  core::Order MakeOrder(const OrderKind& kind, const char* currency = "EUR") {
    core::Order order{.order_id = "o", .currency = *core::Currency::Parse(currency, "currency")};
    for (size_t i = 0; i < kind.lines; ++i) {
      core::OrderLine line{.line_id = std::to_string(i),
                           .sku = Sku(Below(static_cast<int64_t>(kind.lines))),
                           .quantity = 1 + Below(kind.quantity_max),
                           .unit_price_minor = 1 + Below(kind.unit_price_max_minor)};
      line.categories = {Category(Below(static_cast<int64_t>(kind.categories)))};
      if (In100(kind.floors_in_100)) line.unit_floor_minor = Below(line.unit_price_minor + 1);
      order.lines.push_back(std::move(line));
    }
    if (In100(70)) order.shipping_minor = 1 + Below(900);
    return order;
  }

  core::Offer MakeOffer(const core::Order& order, const OfferKind& kind, const OrderKind& orders) {
    core::Offer offer{.currency = order.currency, .benefit = MakeBenefit(order, kind)};
    if (In100(kind.scoped_in_100)) {
      const int64_t categories = 1 + Below(2);
      for (int64_t i = 0; i < categories; ++i) {
        offer.scope.categories.include.push_back(Category(Below(static_cast<int64_t>(orders.categories))));
      }
    }
    if (In100(15)) offer.scope.skus.exclude.push_back(order.lines[PlaceIn(order)].sku);
    if (In100(40)) offer.minimum_spend_minor = 1 + Below(order.SubtotalMinor());
    if (In100(5)) offer.floor_basis_points = static_cast<int32_t>(1 + Below(9'000));
    core::StackingRule& stacking = offer.stacking;
    stacking.priority = static_cast<int32_t>(Below(3));
    if (In100(kind.initial_in_100)) stacking.base = core::PriceBase::kInitial;
    if (In100(kind.after_in_100)) stacking.threshold_basis = core::ThresholdBasis::kAfterDiscounts;
    stacking.exclusive = In100(kind.exclusive_in_100);
    if (In100(kind.grouped_in_100)) {
      const int64_t group = Below(static_cast<int64_t>(kind.groups));
      stacking.groups.push_back({.group = "g" + std::to_string(group),
                                 .at_most = static_cast<int32_t>(1 + Below(2) * (group % 2))});
      if (In100(10)) stacking.groups.push_back({.group = "h", .at_most = static_cast<int32_t>(1 + Below(3))});
    }
    return offer;
  }

  // `offers` must not move while the coupons are used.
  std::vector<core::ListedCoupon> List(const std::vector<core::Offer>& offers) {
    std::vector<core::ListedCoupon> coupons;
    for (size_t i = 0; i < offers.size(); ++i) {
      coupons.push_back({.key = {.campaign_id = "campaign-" + std::to_string(Below(6)),
                                 .name = core::CouponNumber{static_cast<uint64_t>(i)}},
                         .offer = &offers[i]});
    }
    return coupons;
  }

  std::mt19937_64& random() { return random_; }

 private:
  static std::string Sku(int64_t i) { return "SKU-" + std::to_string(i); }
  static std::string Category(int64_t i) { return "category-" + std::to_string(i); }
  size_t PlaceIn(const core::Order& order) {
    return static_cast<size_t>(Below(static_cast<int64_t>(order.lines.size())));
  }

  core::Benefit MakeBenefit(const core::Order& order, const OfferKind& kind) {
    const int64_t roll = Below(100);
    const core::OrderLine& line = order.lines[PlaceIn(order)];
    if (roll < 35) {
      core::PercentOff percent{.basis_points =
                                   static_cast<int32_t>(1 + Below(kind.percent_max_basis_points))};
      if (In100(40)) percent.cap_minor = 1 + Below(kind.amount_max_minor);
      return percent;
    }
    if (roll < 60) return core::AmountOff{.amount_minor = 1 + Below(kind.amount_max_minor)};
    if (roll < 75) {
      core::ThresholdOff threshold;
      core::ThresholdStep step;
      for (int64_t i = 0; i <= Below(3); ++i) {
        step = {.at_least_minor = step.at_least_minor + 1 + Below(order.SubtotalMinor() / 2 + 1),
                .off_minor = step.off_minor + 1 + Below(kind.amount_max_minor)};
        threshold.steps.push_back(step);
      }
      return threshold;
    }
    if (roll < 80) {
      core::FreeShipping shipping;
      if (In100(50)) shipping.cap_minor = 1 + Below(900);
      return shipping;
    }
    if (roll < 85) {
      return core::Exchange{
          .sku = line.sku, .price_minor = Below(line.unit_price_minor + 1), .quantity_max = 1 + Below(3)};
    }
    if (roll < 88) return core::Gift{.sku = "GIFT", .quantity = 1, .worth_minor = 1 + Below(900)};
    if (roll < 94) {
      core::CutTo cut{.price_minor = Below(line.unit_price_minor + 1)};
      if (In100(50)) cut.unit_price_max_minor = 1 + line.unit_price_minor;
      if (In100(70)) cut.quantity_max = 1 + Below(3);
      return cut;
    }
    core::BuyGet deal{.buy = 1 + Below(3), .get = 1 + Below(2)};
    if (In100(50)) deal.basis_points = static_cast<int32_t>(1 + Below(10'000));
    if (In100(60)) deal.times_max = 1 + Below(2);
    if (In100(30)) deal.get_sku = line.sku;
    return deal;
  }

  std::mt19937_64 random_;
};

}  // namespace tessera::testing
