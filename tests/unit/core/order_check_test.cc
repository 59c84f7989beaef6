#include <gtest/gtest.h>

#include <string>

#include "core/limits.h"
#include "core/offer.h"
#include "core/order.h"
#include "core/order_limits.h"

namespace tessera::core {
namespace {

Order Good() {
  Order order{.order_id = "o", .currency = *Currency::Parse("EUR", "currency")};
  order.lines = {{.sku = "A", .quantity = 1, .unit_price_minor = 100},
                 {.sku = "B", .quantity = 2, .unit_price_minor = 50}};
  return order;
}

std::string FieldOf(const Status& status) {
  return status.ok() ? "accepted" : status.error().metadata.at(0).second;
}

template <class Change>
std::string AfterChange(const Change& change) {
  Order order = Good();
  change(order);
  return FieldOf(CheckOrder(order, "order"));
}

TEST(OrderCheckTest, BadOrdersAreRefusedWithThePath) {
  EXPECT_EQ(AfterChange([](Order&) {}), "accepted");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines.clear(); }), "order.lines");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines.resize(limits::kOrderLinesMax + 1, order.lines[0]); }),
            "order.lines");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines.resize(limits::kOrderLinesMax, order.lines[0]); }),
            "accepted");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[1].unit_price_minor = -1; }),
            "order.lines[1].unit_price_minor");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[1].unit_floor_minor = -1; }),
            "order.lines[1].unit_floor_minor");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[0].quantity = 0; }), "order.lines[0].quantity");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[0].quantity = limits::kQuantityMax + 1; }),
            "order.lines[0].quantity");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[0].sku.clear(); }), "order.lines[0].sku");
  EXPECT_EQ(
      AfterChange([](Order& order) { order.lines[0].categories.resize(limits::kCategoriesPerLineMax + 1); }),
      "order.lines[0].categories");
  EXPECT_EQ(AfterChange([](Order& order) { order.shipping_minor = -1; }), "order.shipping_minor");
  EXPECT_EQ(AfterChange([](Order& order) { order.store.resize(limits::kNameLengthMax + 1); }), "order.store");
  EXPECT_EQ(AfterChange([](Order& order) { order.user_attributes = {"tier=gold", "gold"}; }),
            "order.user_attributes[1]");
  EXPECT_EQ(AfterChange([](Order& order) { order.completed_orders = -1; }), "order.completed_orders");
  EXPECT_EQ(AfterChange([](Order& order) { order.completed_orders = limits::kCompletedOrdersMax + 1; }),
            "order.completed_orders");
  EXPECT_EQ(AfterChange([](Order& order) { order.completed_orders = 0; }), "accepted");
}

TEST(OrderCheckTest, SumsThatDoNotFitAreRefusedAtTheLineThatExceedsThem) {
  // The product of one line, beyond 2^63.
  EXPECT_EQ(AfterChange([](Order& order) {
              order.lines[1] = {.sku = "B", .quantity = limits::kQuantityMax, .unit_price_minor = kAmountMax};
            }),
            "order.lines[1]");
  // The sum of two lines, and of lines and shipping.
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[1].unit_price_minor = kAmountMax / 2; }),
            "order.lines[1]");
  EXPECT_EQ(AfterChange([](Order& order) { order.shipping_minor = kAmountMax; }), "order.lines[0]");
  EXPECT_EQ(AfterChange([](Order& order) { order.shipping_minor = kAmountMax - 200; }), "accepted");
}

std::string Checked(Benefit benefit) {
  return FieldOf(
      CheckOffer({.currency = *Currency::Parse("EUR", "currency"), .benefit = std::move(benefit)}, "offer"));
}

TEST(OrderCheckTest, OffersOutOfRangeAreRefusedWithThePath) {
  EXPECT_EQ(Checked(PercentOff{.basis_points = 10'000, .cap_minor = 1}), "accepted");
  EXPECT_EQ(Checked(PercentOff{.basis_points = 10'001}), "offer.percent_off.basis_points");
  EXPECT_EQ(Checked(PercentOff{.basis_points = 1, .cap_minor = 0}), "offer.percent_off.cap_minor");
  EXPECT_EQ(Checked(AmountOff{}), "offer.amount_off.amount_minor");
  EXPECT_EQ(Checked(ThresholdOff{}), "offer.threshold_off.steps");
  EXPECT_EQ(Checked(ThresholdOff{.steps = {{100, 10}, {100, 20}}}),
            "offer.threshold_off.steps[1].at_least_minor");
  EXPECT_EQ(Checked(ThresholdOff{.steps = {{100, 10}, {200, 10}}}), "offer.threshold_off.steps[1].off_minor");
  EXPECT_EQ(Checked(ThresholdOff{.steps = {{100, 10}, {200, 30}}}), "accepted");
  EXPECT_EQ(Checked(Exchange{.sku = ""}), "offer.exchange.sku");
  EXPECT_EQ(Checked(Gift{.sku = "A", .worth_minor = 0}), "offer.gift.worth_minor");
  EXPECT_EQ(Checked(CutTo{.price_minor = -1}), "offer.cut_to.price_minor");
  EXPECT_EQ(Checked(BuyGet{.buy = 0}), "offer.buy_get.buy");
  Offer offer{.currency = *Currency::Parse("EUR", "currency"), .benefit = AmountOff{.amount_minor = 1}};
  offer.stacking.groups = {{.group = "g", .at_most = 0}};
  EXPECT_EQ(FieldOf(CheckOffer(offer, "offer")), "offer.stacking.groups[0].at_most");
  offer.stacking.groups.clear();
  offer.weekly_windows = {{.day = 7}};
  EXPECT_EQ(FieldOf(CheckOffer(offer, "offer")), "offer.weekly_windows[0].day");
}

std::string WithScope(const Scope& scope) {
  return FieldOf(CheckOffer({.currency = *Currency::Parse("EUR", "currency"),
                             .benefit = AmountOff{.amount_minor = 1},
                             .scope = scope},
                            "offer"));
}

TEST(OrderCheckTest, ScopesThatNoOrderCouldMeetAreRefused) {
  EXPECT_EQ(WithScope({.skus = {.include = {"A", ""}}}), "offer.scope.skus.include[1]");
  EXPECT_EQ(WithScope({.stores = {.exclude = {std::string(limits::kNameLengthMax + 1, 's')}}}),
            "offer.scope.stores.exclude[0]");
  EXPECT_EQ(WithScope({.user_attributes = {.include = {"tier=gold", "gold"}}}),
            "offer.scope.user_attributes.include[1]");
  EXPECT_EQ(WithScope({.user_attributes = {.exclude = {"gold"}}}), "offer.scope.user_attributes.exclude[0]");
  EXPECT_EQ(WithScope({.order_count = {.completed_min = -1}}), "offer.scope.order_count.completed_min");
  EXPECT_EQ(WithScope({.order_count = {.completed_min = 3, .completed_max = 2}}),
            "offer.scope.order_count.completed_max");
  EXPECT_EQ(WithScope({.order_count = {.completed_min = 0, .completed_max = 0}}), "accepted");
}

std::string Computed(Benefit benefit) {
  return FieldOf(CheckComputable(
      {.currency = *Currency::Parse("EUR", "currency"), .benefit = std::move(benefit)}, "offer"));
}

// Rules may become stricter; a campaign that was accepted must stay priceable.
TEST(OrderCheckTest, ComputableIsWhatPricingCanTakeAndNoLess) {
  EXPECT_EQ(Computed(PercentOff{.basis_points = 0, .cap_minor = 0}), "accepted");
  EXPECT_EQ(Computed(PercentOff{.basis_points = 10'001}), "offer.percent_off.basis_points");
  EXPECT_EQ(Computed(AmountOff{.amount_minor = kAmountMax + 1}), "offer.amount_off.amount_minor");
  EXPECT_EQ(Computed(ThresholdOff{.steps = {{200, 30}, {100, 10}}}), "accepted");
  EXPECT_EQ(Computed(ThresholdOff{}), "offer.threshold_off.steps");
  EXPECT_EQ(Computed(ThresholdOff{.steps = {{100, -1}}}), "offer.threshold_off.steps.off_minor");
  EXPECT_EQ(Computed(FreeShipping{.cap_minor = -1}), "offer.free_shipping.cap_minor");
  EXPECT_EQ(Computed(Exchange{.sku = "", .price_minor = -1}), "offer.exchange.price_minor");
  EXPECT_EQ(Computed(Gift{.sku = "", .quantity = 0, .worth_minor = 0}), "accepted");
  EXPECT_EQ(Computed(Gift{.sku = "A", .quantity = 1, .worth_minor = kAmountMax}), "offer.gift.worth_minor");
  EXPECT_EQ(Computed(CutTo{.price_minor = 1, .quantity_max = -1}), "offer.cut_to.quantity_max");
  EXPECT_EQ(Computed(BuyGet{.buy = 0}), "offer.buy_get.buy");
  EXPECT_EQ(Computed(BuyGet{.times_max = kAmountMax}), "offer.buy_get.times_max");
}

}  // namespace
}  // namespace tessera::core
