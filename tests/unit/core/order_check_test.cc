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
            "order.lines[1].unit_price");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[1].unit_floor_minor = -1; }),
            "order.lines[1].unit_floor");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[0].quantity = 0; }), "order.lines[0].quantity");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[0].quantity = limits::kQuantityMax + 1; }),
            "order.lines[0].quantity");
  EXPECT_EQ(AfterChange([](Order& order) { order.lines[0].sku.clear(); }), "order.lines[0].sku");
  EXPECT_EQ(
      AfterChange([](Order& order) { order.lines[0].categories.resize(limits::kCategoriesPerLineMax + 1); }),
      "order.lines[0].categories");
  EXPECT_EQ(AfterChange([](Order& order) { order.shipping_minor = -1; }), "order.shipping");
  EXPECT_EQ(AfterChange([](Order& order) { order.store.resize(limits::kNameLengthMax + 1); }), "order.store");
  EXPECT_EQ(AfterChange([](Order& order) { order.user_attributes = {"tier=gold", "gold"}; }),
            "order.user_attributes[1]");
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
  EXPECT_EQ(Checked(PercentOff{.basis_points = 10'001}), "offer.benefit.basis_points");
  EXPECT_EQ(Checked(PercentOff{.basis_points = 1, .cap_minor = 0}), "offer.benefit.cap");
  EXPECT_EQ(Checked(AmountOff{}), "offer.benefit.amount");
  EXPECT_EQ(Checked(ThresholdOff{}), "offer.benefit.steps");
  EXPECT_EQ(Checked(ThresholdOff{.steps = {{100, 10}, {100, 20}}}), "offer.benefit.steps[1].at_least");
  EXPECT_EQ(Checked(ThresholdOff{.steps = {{100, 10}, {200, 10}}}), "offer.benefit.steps[1].off");
  EXPECT_EQ(Checked(ThresholdOff{.steps = {{100, 10}, {200, 30}}}), "accepted");
  EXPECT_EQ(Checked(Exchange{.sku = ""}), "offer.benefit.sku");
  EXPECT_EQ(Checked(Gift{.sku = "A", .worth_minor = 0}), "offer.benefit.worth");
  EXPECT_EQ(Checked(CutTo{.price_minor = -1}), "offer.benefit.price");
  EXPECT_EQ(Checked(BuyGet{.buy = 0}), "offer.benefit.buy");
  Offer offer{.currency = *Currency::Parse("EUR", "currency"), .benefit = AmountOff{.amount_minor = 1}};
  offer.stacking.groups = {{.group = "g", .at_most = 0}};
  EXPECT_EQ(FieldOf(CheckOffer(offer, "offer")), "offer.stacking.groups[0].at_most");
  offer.stacking.groups.clear();
  offer.weekly_windows = {{.day = 7}};
  EXPECT_EQ(FieldOf(CheckOffer(offer, "offer")), "offer.weekly_windows[0].day");
}

}  // namespace
}  // namespace tessera::core
