#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/allocation.h"
#include "core/stacking.h"
#include "tests/support/random_orders.h"
#include "tests/support/trials.h"

// What holds for every order and every coupon.
namespace tessera::core {
namespace {

using testing::OfferKind;
using testing::OrderKind;
using testing::RandomOrders;

constexpr const char* kCurrencies[] = {"JPY", "EUR", "KWD"};  // 0, 2 and 3 decimals

int64_t Sum(std::span<const int64_t> amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), int64_t{0});
}

OrderKind KindOf(RandomOrders& random, int i) {
  return {.lines = 1 + static_cast<size_t>(random.Below(12)),
          .unit_price_max_minor = i % 3 == 0 ? 30 : 20'000,
          .quantity_max = 1 + random.Below(6),
          .floors_in_100 = i % 2 == 0 ? 40 : 0};
}

OfferKind SingleOffer(int i) {
  return {.grouped_in_100 = 0, .percent_max_basis_points = i % 5 == 0 ? 10'000 : 4'000};
}

// By line, what the coupons took; nothing by default.
std::vector<int64_t> TakenByLine(const Order& order, const PricedStack& stack) {
  std::vector<int64_t> taken(order.lines.size());
  for (const AppliedCoupon& applied : stack.applied) {
    int64_t lines = 0;
    for (const LineShare& share : applied.lines) {
      EXPECT_GT(share.minor, 0);
      taken[share.line] += share.minor;
      lines += share.minor;
    }
    EXPECT_EQ(lines + applied.shipping_minor, applied.discount_minor);
  }
  return taken;
}

TEST(EvaluatorPropertiesTest, SharesSumToTheDiscountAndStayAboveFloors) {
  const auto orders = static_cast<int>(testing::Trials(100'000, 1'000'000));
  RandomOrders random(9);
  int priced_orders = 0;
  int stacks = 0;
  for (int i = 0; i < orders; ++i) {
    const OrderKind kind = KindOf(random, i);
    const Order order = random.MakeOrder(kind, kCurrencies[i % 3]);
    std::vector<Offer> offers;
    for (int j = 0; j <= i % 3; ++j) offers.push_back(random.MakeOffer(order, SingleOffer(i), kind));
    for (Offer& offer : offers) offer.stacking.exclusive = false;
    const auto priced = PriceStack(order, random.List(offers));
    const auto* stack = std::get_if<PricedStack>(&priced);
    if (stack == nullptr) continue;
    const std::vector<int64_t> taken = TakenByLine(order, *stack);
    int64_t shipping = 0;
    for (const AppliedCoupon& applied : stack->applied) {
      ASSERT_TRUE(applied.discount_minor > 0 || applied.added);
      shipping += applied.shipping_minor;
    }
    ASSERT_EQ(Sum(taken) + shipping, stack->discount_minor);
    ASSERT_LE(shipping, order.shipping_minor);
    ASSERT_EQ(stack->payable_minor, order.SubtotalMinor() + order.shipping_minor - stack->discount_minor);
    ASSERT_GE(stack->payable_minor, 0);
    for (size_t line = 0; line < taken.size(); ++line) {
      const OrderLine& one = order.lines[line];
      const int64_t left = one.quantity * one.unit_price_minor - taken[line];
      ASSERT_GE(left, one.quantity * std::min(one.unit_floor_minor.value_or(0), one.unit_price_minor)) << i;
      for (const Offer& offer : offers) {
        if (offers.size() > 1 || !offer.floor_basis_points) continue;
        ASSERT_GE(left * 10'000, one.quantity * one.unit_price_minor * *offer.floor_basis_points) << i;
      }
    }
    ++priced_orders;
    stacks += stack->applied.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(priced_orders, orders / 3);
  EXPECT_GT(stacks, orders / 50);
  testing::PrintTrials("random orders, shares equal to the discount", orders);
}

// The definition, in the slow way: exact parts rounded down, then one unit at a time to the largest
// remainder.
std::vector<int64_t> LargestRemainder(int64_t amount, const std::vector<int64_t>& weights) {
  const int64_t weight = Sum(weights);
  std::vector<int64_t> shares;
  std::vector<int64_t> rests;
  for (const int64_t one : weights) {
    shares.push_back(amount * one / weight);
    rests.push_back(amount * one % weight);
  }
  for (int64_t left = amount - Sum(shares); left > 0; --left) {
    const auto largest = std::max_element(rests.begin(), rests.end());
    ++shares[static_cast<size_t>(largest - rests.begin())];
    *largest = -1;
  }
  return shares;
}

TEST(EvaluatorPropertiesTest, AllocationIsByLargestRemainder) {
  RandomOrders random(10);
  for (int i = 0; i < 50'000; ++i) {
    std::vector<int64_t> weights;
    for (int64_t line = 0; line <= random.Below(8); ++line)
      weights.push_back(random.Below(i % 2 == 0 ? 6 : 90'000));
    if (Sum(weights) == 0) weights.push_back(1);
    const int64_t amount = random.Below(Sum(weights) + 1);
    std::vector<int64_t> shares(weights.size());
    Allocate(amount, weights, weights, shares);
    ASSERT_EQ(shares, LargestRemainder(amount, weights)) << i;
  }
}

TEST(EvaluatorPropertiesTest, FullLinesPassOnWhatTheyCannotTake) {
  RandomOrders random(11);
  for (int i = 0; i < 50'000; ++i) {
    std::vector<int64_t> weights;
    std::vector<int64_t> rooms;
    for (int64_t line = 0; line <= random.Below(8); ++line) {
      weights.push_back(random.Below(200));
      rooms.push_back(random.Below(weights.back() + 1));
    }
    const int64_t amount = random.Below(Sum(rooms) + 1);
    std::vector<int64_t> shares(weights.size());
    Allocate(amount, weights, rooms, shares);
    ASSERT_EQ(Sum(shares), amount);
    for (size_t a = 0; a < shares.size(); ++a) {
      ASSERT_GE(shares[a], 0);
      ASSERT_LE(shares[a], rooms[a]);
      // Of two lines that are not full, neither has its proportion of what the other has by more than a unit.
      for (size_t b = 0; b < shares.size(); ++b) {
        if (shares[a] >= rooms[a] || weights[b] == 0) continue;
        ASSERT_GT((shares[a] + 1) * weights[b], (shares[b] - 1) * weights[a]) << i;
      }
    }
  }
}

TEST(EvaluatorPropertiesTest, AllocationOfTheLargestAmounts) {
  const std::vector<int64_t> weights = {kAmountMax / 2, kAmountMax / 3, 1};
  std::vector<int64_t> shares(3);
  const int64_t whole = Sum(weights);
  for (const int64_t amount : {whole, whole - 1, whole / 2, int64_t{1}}) {
    Allocate(amount, weights, weights, shares);
    EXPECT_EQ(Sum(shares), amount);
    for (size_t i = 0; i < shares.size(); ++i) EXPECT_LE(shares[i], weights[i]);
  }
}

TEST(EvaluatorPropertiesTest, AnOrderAtTheLimitIsPricedExactly) {
  Order order{.order_id = "o", .currency = *Currency::Parse("EUR", "currency")};
  order.lines = {{.sku = "A", .quantity = 1, .unit_price_minor = kAmountMax - 5},
                 {.sku = "B", .quantity = 5, .unit_price_minor = 1, .categories = {}, .unit_floor_minor = 1}};
  ASSERT_TRUE(CheckOrder(order, "order").ok());
  const Offer offer{.currency = order.currency, .benefit = PercentOff{.basis_points = 9'999}};
  const std::vector<ListedCoupon> coupons = {{.key = {"A", CouponNumber{1}}, .offer = &offer}};
  const auto priced = PriceStack(order, coupons);
  const PricedStack& stack = std::get<PricedStack>(priced);
  EXPECT_EQ(stack.discount_minor, MultiplyRoundHalfUp(kAmountMax - 5, 9'999, 10'000));
  EXPECT_EQ(stack.applied[0].lines, (std::vector<LineShare>{{0, stack.discount_minor}}));
}

// What a coupon takes off, 0 when it is refused.
int64_t DiscountOf(const Offer& offer, const Order& order) {
  const std::vector<ListedCoupon> coupons = {{.key = {"A", CouponNumber{1}}, .offer = &offer}};
  const auto priced = PriceStack(order, coupons);
  const auto* stack = std::get_if<PricedStack>(&priced);
  return stack == nullptr ? 0 : stack->discount_minor;
}

// A single coupon never takes less off when a unit of the order becomes dearer or one more is bought; but for
// a CutTo with a highest unit price, which the unit may pass, and a BuyGet over lines with floors, which may
// lower another unit then. What is left to pay never falls either where there is neither a minimum nor a step
// nor a deal to reach.
TEST(EvaluatorPropertiesTest, DearerOrdersGetNoLessOff) {
  RandomOrders random(12);
  int grew = 0;
  for (int i = 0; i < 60'000; ++i) {
    const OrderKind kind = KindOf(random, i);
    const Order order = random.MakeOrder(kind);
    Offer offer = random.MakeOffer(order, SingleOffer(i), kind);
    if (auto* cut = std::get_if<CutTo>(&offer.benefit)) cut->unit_price_max_minor.reset();
    const bool floors =
        offer.floor_basis_points || std::any_of(order.lines.begin(), order.lines.end(),
                                                [](auto& line) { return line.unit_floor_minor.has_value(); });
    const bool deal = std::holds_alternative<BuyGet>(offer.benefit);
    if (deal && floors) continue;
    Order dearer = order;
    OrderLine& line =
        dearer.lines[static_cast<size_t>(random.Below(static_cast<int64_t>(order.lines.size())))];
    const bool more = random.In100(30);
    (more ? line.quantity : line.unit_price_minor) += more ? 1 : 1 + random.Below(i % 2 == 0 ? 3 : 5'000);
    const int64_t before = DiscountOf(offer, order);
    const int64_t after = DiscountOf(offer, dearer);
    ASSERT_LE(before, after) << i << " type " << offer.benefit.index();
    grew += before < after ? 1 : 0;
    const bool steps =
        offer.minimum_spend_minor || std::holds_alternative<ThresholdOff>(offer.benefit) || deal;
    if (!steps && !more) {
      ASSERT_LE(order.SubtotalMinor() - before, dearer.SubtotalMinor() - after) << i;
    }
  }
  EXPECT_GT(grew, 10'000);
}

TEST(EvaluatorPropertiesTest, TheListingOrderSaysNothing) {
  RandomOrders random(13);
  int together = 0;
  for (int i = 0; i < 20'000; ++i) {
    const OrderKind kind = KindOf(random, i);
    const Order order = random.MakeOrder(kind);
    std::vector<Offer> offers;
    for (int j = 0; j < 4; ++j)
      offers.push_back(random.MakeOffer(order, {.groups = 2, .grouped_in_100 = 30}, kind));
    std::vector<ListedCoupon> coupons = random.List(offers);
    coupons.resize(2 + static_cast<size_t>(random.Below(3)));
    const auto first = PriceStack(order, coupons);
    std::shuffle(coupons.begin(), coupons.end(), random.random());
    ASSERT_EQ(PriceStack(order, coupons), first) << i;
    together += std::holds_alternative<PricedStack>(first) ? 1 : 0;
  }
  EXPECT_GT(together, 1'000);
}

// The bound of the optimizer: what a coupon may add never grows when more was taken before it.
TEST(EvaluatorPropertiesTest, ABoundHoldsWhateverIsTakenBefore) {
  RandomOrders random(15);
  Cut cut;
  for (int i = 0; i < 60'000; ++i) {
    const OrderKind kind = KindOf(random, i);
    const Order order = random.MakeOrder(kind);
    const Offer offer = random.MakeOffer(order, SingleOffer(i), kind);
    const OfferOnOrder on_order(offer, order);
    if (on_order.refusal()) continue;
    TakenOff taken{.lines = std::vector<int64_t>(order.lines.size())};
    int64_t bound = on_order.BenefitBound(taken);
    for (int step = 0; step < 4; ++step) {
      const bool refused = on_order.Price(taken, cut).has_value();
      ASSERT_LE(refused ? 0 : cut.benefit_minor(), bound) << i << " type " << offer.benefit.index();
      for (size_t line = 0; line < taken.lines.size(); ++line) {
        const OrderLine& one = order.lines[line];
        const int64_t floor = std::min(one.unit_floor_minor.value_or(0), one.unit_price_minor);
        const int64_t room = one.quantity * (one.unit_price_minor - floor) - taken.lines[line];
        if (room > 0 && random.In100(50)) taken.lines[line] += random.Below(room + 1);
      }
      taken.shipping_minor += random.Below(order.shipping_minor - taken.shipping_minor + 1);
      const int64_t next = on_order.BenefitBound(taken);
      ASSERT_LE(next, bound) << i << " type " << offer.benefit.index();
      bound = next;
    }
  }
}

}  // namespace
}  // namespace tessera::core
