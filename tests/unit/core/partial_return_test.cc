#include "core/partial_return.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "tests/support/random_orders.h"
#include "tests/support/trials.h"

namespace tessera::core {
namespace {

using testing::OfferKind;
using testing::OrderKind;
using testing::RandomOrders;

const CouponKey kCoupon{.campaign_id = "A", .name = CouponNumber{1}};

Currency Euro() { return *Currency::Parse("EUR", "currency"); }

// An order of `lines` {quantity, unit price} with one coupon of `offer`.
StandingOrder Paid(const std::vector<std::pair<int64_t, int64_t>>& lines, const Offer& offer,
                   ThresholdLoss loss) {
  Order order{.order_id = "o", .currency = Euro()};
  for (const auto& [quantity, price] : lines) {
    order.lines.push_back({.sku = "S", .quantity = quantity, .unit_price_minor = price});
  }
  const std::vector<ListedCoupon> listed = {{.key = kCoupon, .offer = &offer}};
  const std::vector<PaidCoupon> paid = {{.key = kCoupon, .offer = &offer, .threshold_loss = loss}};
  return StandingAfter(order, std::get<PricedStack>(PriceStack(order, listed)), paid);
}

ReturnOutcome Return(const StandingOrder& standing, std::vector<ReturnedUnits> units) {
  const auto outcome = ReturnPart(standing, {.units = std::move(units)}, "part");
  EXPECT_TRUE(outcome.ok());
  return *outcome;
}

Offer Steps(std::vector<ThresholdStep> steps) {
  return {.currency = Euro(), .benefit = ThresholdOff{.steps = std::move(steps)}};
}

TEST(PartialReturnTest, UnitsTakeTheirShareWithThem) {
  // 10.00 off three units of 33.33 is 3.33, 3.34 and 3.33: of 1000, a third is 333.33; of the 667 left half
  // is 333.5, which goes up; the last takes 333.
  const Offer offer{.currency = Euro(), .benefit = AmountOff{.amount_minor = 1'000}};
  StandingOrder standing = Paid({{3, 3'333}}, offer, ThresholdLoss::kClawBack);
  for (const int64_t refund : {3'333 - 333, 3'333 - 334, 3'333 - 333}) {
    const ReturnOutcome outcome = Return(standing, {{.line = 0, .quantity = 1}});
    EXPECT_EQ(outcome.gross_minor, 3'333);
    EXPECT_EQ(outcome.refund_minor, refund);
    EXPECT_EQ(outcome.due_minor, 0);
    standing = outcome.standing;
  }
  EXPECT_EQ(standing.lines[0].quantity, 0);
}

// 120.00 with 12.00 off from 100.00; 40.00 come back. The returned line has 4.00 of the discount, 8.00 are
// left on 80.00, which is below 100.00.
TEST(PartialReturnTest, KeepsWhatStays) {
  const StandingOrder standing =
      Paid({{1, 4'000}, {1, 8'000}}, Steps({{10'000, 1'200}}), ThresholdLoss::kKeep);
  const ReturnOutcome outcome = Return(standing, {{.line = 0, .quantity = 1}});
  EXPECT_EQ(outcome.refund_minor, 3'600);
  EXPECT_EQ(outcome.standing.coupons[0].off_minor, (std::vector<int64_t>{0, 800}));
}

TEST(PartialReturnTest, ClawsBackWhatStays) {
  const StandingOrder standing =
      Paid({{1, 4'000}, {1, 8'000}}, Steps({{10'000, 1'200}}), ThresholdLoss::kClawBack);
  const ReturnOutcome outcome = Return(standing, {{.line = 0, .quantity = 1}});
  EXPECT_EQ(outcome.refund_minor, 4'000 - 400 - 800);
  EXPECT_EQ(outcome.coupons[0].returned_minor, 400);
  EXPECT_EQ(outcome.coupons[0].clawed_minor, 800);
  EXPECT_EQ(outcome.standing.coupons[0].off_minor, (std::vector<int64_t>{0, 0}));
  // The rest comes back at its full price.
  EXPECT_EQ(Return(outcome.standing, {{.line = 1, .quantity = 1}}).refund_minor, 8'000);
}

TEST(PartialReturnTest, ProratesWhatStays) {
  // 80.00 of the 100.00 that were wanted: of 8.00 stay 6.40.
  const StandingOrder standing =
      Paid({{1, 4'000}, {2, 4'000}}, Steps({{10'000, 1'200}}), ThresholdLoss::kProrate);
  const ReturnOutcome first = Return(standing, {{.line = 0, .quantity = 1}});
  EXPECT_EQ(first.refund_minor, 4'000 - 400 - 160);
  EXPECT_EQ(first.standing.coupons[0].off_minor, (std::vector<int64_t>{0, 640}));
  // Then 40.00 of 80.00: of 6.40 half goes with the unit, and of the other 3.20 half stays.
  const ReturnOutcome second = Return(first.standing, {{.line = 1, .quantity = 1}});
  EXPECT_EQ(second.refund_minor, 4'000 - 320 - 160);
  EXPECT_EQ(second.standing.coupons[0].off_minor, (std::vector<int64_t>{0, 160}));
}

TEST(PartialReturnTest, FallsToTheStepThatIsStillReached) {
  // 200.00 with 30.00 off; 80.00 come back with their 12.00; 120.00 reach the step of 10.00, so of 18.00
  // go 8.00.
  const Offer offer = Steps({{10'000, 1'000}, {20'000, 3'000}});
  const StandingOrder clawed = Paid({{1, 8'000}, {1, 12'000}}, offer, ThresholdLoss::kClawBack);
  EXPECT_EQ(Return(clawed, {{.line = 0, .quantity = 1}}).refund_minor, 8'000 - 1'200 - 800);
  // 120 of 200 of 18.00 are 10.80.
  const StandingOrder prorated = Paid({{1, 8'000}, {1, 12'000}}, offer, ThresholdLoss::kProrate);
  EXPECT_EQ(Return(prorated, {{.line = 0, .quantity = 1}}).refund_minor, 8'000 - 1'200 - 720);
}

TEST(PartialReturnTest, AMinimumSpendIsAThreshold) {
  const Offer offer{
      .currency = Euro(), .benefit = PercentOff{.basis_points = 1'000}, .minimum_spend_minor = 5'000};
  const StandingOrder standing = Paid({{1, 1'000}, {1, 4'000}}, offer, ThresholdLoss::kClawBack);
  const ReturnOutcome outcome = Return(standing, {{.line = 0, .quantity = 1}});
  EXPECT_EQ(outcome.refund_minor, 1'000 - 100 - 400);
}

TEST(PartialReturnTest, WhatExceedsTheRefundIsDue) {
  // 2.00 come back, 0.40 of the discount with them; 19.60 are clawed back.
  const StandingOrder standing =
      Paid({{1, 200}, {1, 9'800}}, Steps({{10'000, 2'000}}), ThresholdLoss::kClawBack);
  const ReturnOutcome outcome = Return(standing, {{.line = 0, .quantity = 1}});
  EXPECT_EQ(outcome.refund_minor, 0);
  EXPECT_EQ(outcome.due_minor, 1'960 + 40 - 200);
}

TEST(PartialReturnTest, AReturnedCouponIsDue) {
  const Offer offer{.currency = Euro(), .benefit = AmountOff{.amount_minor = 1'000}};
  const StandingOrder standing = Paid({{1, 4'000}, {1, 6'000}}, offer, ThresholdLoss::kKeep);
  const auto outcome = ReturnPart(standing, {.coupon = kCoupon}, "part");
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->due_minor, 1'000);
  EXPECT_EQ(outcome->coupons[0].clawed_minor, 1'000);
  EXPECT_EQ(outcome->coupons[0].lines, (std::vector<LineShare>{{0, 400}, {1, 600}}));
  EXPECT_EQ(Return(outcome->standing, {{.line = 0, .quantity = 1}}).refund_minor, 4'000);
}

TEST(PartialReturnTest, RefusesWhatDoesNotStand) {
  const Offer offer{.currency = Euro(), .benefit = AmountOff{.amount_minor = 1'000}};
  const StandingOrder standing = Paid({{2, 4'000}}, offer, ThresholdLoss::kKeep);
  const auto field = [&](const PartialReturn& part) {
    const auto outcome = ReturnPart(standing, part, "part");
    return outcome.ok() ? "accepted" : outcome.error().metadata.at(0).second;
  };
  EXPECT_EQ(field({}), "part");
  EXPECT_EQ(field({.units = {{.line = 1, .quantity = 1}}}), "part.units[0].line");
  EXPECT_EQ(field({.units = {{.line = 0, .quantity = 3}}}), "part.units[0].quantity");
  EXPECT_EQ(field({.units = {{.line = 0, .quantity = 0}}}), "part.units[0].quantity");
  EXPECT_EQ(field({.units = {{.line = 0, .quantity = 1}, {.line = 0, .quantity = 1}}}), "part.units[1].line");
  EXPECT_EQ(field({.coupon = CouponKey{.campaign_id = "B", .name = CouponNumber{1}}}), "part.coupon");
}

int64_t PaidFor(const StandingOrder& standing) {
  int64_t paid = standing.shipping_minor;
  for (const StandingLine& line : standing.lines) paid += line.quantity * line.unit_price_minor;
  for (const StandingCoupon& coupon : standing.coupons) {
    paid -= coupon.shipping_off_minor +
            std::accumulate(coupon.off_minor.begin(), coupon.off_minor.end(), int64_t{0});
  }
  return paid;
}

PartialReturn RandomPart(RandomOrders& random, const StandingOrder& standing) {
  PartialReturn part;
  for (uint32_t line = 0; line < standing.lines.size(); ++line) {
    const int64_t left = standing.lines[line].quantity;
    if (left > 0 && random.In100(30))
      part.units.push_back({.line = line, .quantity = 1 + random.Below(left)});
  }
  part.shipping = random.In100(10);
  if (!standing.coupons.empty() && random.In100(10)) {
    part.coupon =
        standing.coupons[static_cast<size_t>(random.Below(static_cast<int64_t>(standing.coupons.size())))]
            .key;
  }
  return part;
}

// Random orders with random stacks, returned in random parts until nothing is left.
TEST(PartialReturnTest, ThePartsSumToTheWhole) {
  const auto trials = static_cast<int>(testing::Trials(5'000, 50'000));
  RandomOrders random(14);
  int clawed = 0;
  int due = 0;
  int returns = 0;
  for (int i = 0; i < trials; ++i) {
    const OrderKind orders{.lines = 1 + static_cast<size_t>(random.Below(6)),
                           .unit_price_max_minor = i % 2 == 0 ? 20 : 9'000,
                           .quantity_max = 7};
    const OfferKind kind{
        .grouped_in_100 = 0, .exclusive_in_100 = 0, .amount_max_minor = i % 2 == 0 ? 100 : 9'000};
    const Order order = random.MakeOrder(orders);
    std::vector<Offer> offers;
    for (int j = 0; j < 3; ++j) offers.push_back(random.MakeOffer(order, kind, orders));
    std::vector<ListedCoupon> coupons = random.List(offers);
    auto priced = PriceStack(order, coupons);
    while (std::holds_alternative<RefusedCoupons>(priced)) {
      const CouponKey key = std::get<RefusedCoupons>(priced).front().key;
      std::erase_if(coupons, [&](const ListedCoupon& coupon) { return coupon.key == key; });
      priced = PriceStack(order, coupons);
    }
    const PricedStack& stack = std::get<PricedStack>(priced);
    std::vector<PaidCoupon> paid;
    for (const ListedCoupon& coupon : coupons) {
      const auto loss = static_cast<ThresholdLoss>(random.Below(3));
      paid.push_back({.key = coupon.key, .offer = coupon.offer, .threshold_loss = loss});
    }
    StandingOrder standing = StandingAfter(order, stack, paid);
    ASSERT_EQ(PaidFor(standing), stack.payable_minor);
    int64_t net = 0;
    std::map<CouponKey, int64_t> lost;
    for (int step = 0; PaidFor(standing) != 0 || step < 3; ++step) {
      ASSERT_LT(step, 1'000);
      const PartialReturn part = RandomPart(random, standing);
      const auto outcome = ReturnPart(standing, part, "part");
      if (!outcome.ok()) continue;
      ASSERT_GE(outcome->refund_minor, 0);
      ASSERT_TRUE(outcome->refund_minor == 0 || outcome->due_minor == 0);
      const int64_t change = outcome->refund_minor - outcome->due_minor;
      ASSERT_EQ(PaidFor(outcome->standing), PaidFor(standing) - change);
      bool any_clawed = false;
      for (const CouponChange& coupon : outcome->coupons) {
        ASSERT_GE(coupon.returned_minor, 0);
        ASSERT_GE(coupon.clawed_minor, 0);
        any_clawed = any_clawed || coupon.clawed_minor > 0;
        lost[coupon.key] += coupon.returned_minor + coupon.clawed_minor;
      }
      // Nothing is due unless something was clawed back.
      if (!any_clawed) {
        ASSERT_EQ(outcome->due_minor, 0);
      }
      for (const StandingCoupon& coupon : outcome->standing.coupons) {
        for (size_t line = 0; line < coupon.off_minor.size(); ++line) ASSERT_GE(coupon.off_minor[line], 0);
      }
      clawed += any_clawed && !part.coupon ? 1 : 0;
      due += outcome->due_minor > 0 ? 1 : 0;
      ++returns;
      net += change;
      standing = outcome->standing;
    }
    // What still costs nothing is given back last.
    PartialReturn rest{.shipping = true};
    for (uint32_t line = 0; line < standing.lines.size(); ++line) {
      if (standing.lines[line].quantity > 0) {
        rest.units.push_back({.line = line, .quantity = standing.lines[line].quantity});
      }
    }
    const auto last = ReturnPart(standing, rest, "part");
    ASSERT_TRUE(last.ok());
    net += last->refund_minor - last->due_minor;
    for (const CouponChange& coupon : last->coupons)
      lost[coupon.key] += coupon.returned_minor + coupon.clawed_minor;
    ASSERT_EQ(net, stack.payable_minor) << i;
    for (const AppliedCoupon& applied : stack.applied)
      ASSERT_EQ(lost[applied.key], applied.discount_minor) << i;
  }
  EXPECT_GT(clawed, trials / 20);
  EXPECT_GT(due, trials / 50);
  testing::PrintTrials("partial returns, whose parts sum to the whole", returns);
}

}  // namespace
}  // namespace tessera::core
