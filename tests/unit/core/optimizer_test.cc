#include "core/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "tests/support/random_orders.h"
#include "tests/support/trials.h"

namespace tessera::core {
namespace {

using testing::OfferKind;
using testing::OrderKind;
using testing::RandomOrders;

using Keys = std::set<CouponKey>;

Keys KeysOf(const PricedStack& stack) {
  Keys keys;
  for (const AppliedCoupon& applied : stack.applied) keys.insert(applied.key);
  return keys;
}

// Every set of up to 12 coupons, priced as a redemption would be.
class AllSets {
 public:
  AllSets(const Order& order, const std::vector<ListedCoupon>& coupons) {
    for (uint64_t set = 1; set < uint64_t{1} << coupons.size(); ++set) {
      std::vector<ListedCoupon> chosen;
      for (size_t i = 0; i < coupons.size(); ++i) {
        if ((set >> i & 1) != 0) chosen.push_back(coupons[i]);
      }
      const auto priced = PriceStack(order, chosen);
      if (const auto* stack = std::get_if<PricedStack>(&priced)) {
        usable_[set] = stack->benefit_minor;
        keys_[set] = KeysOf(*stack);
      }
    }
    size_ = coupons.size();
  }

  int64_t Largest() const {
    int64_t largest = 0;
    for (const auto& [set, benefit] : usable_) largest = std::max(largest, benefit);
    return largest;
  }
  // The largest of the sets that are no part of `known`.
  std::optional<int64_t> LargestBeside(const Keys& known) const {
    std::optional<int64_t> largest;
    for (const auto& [set, benefit] : usable_) {
      const Keys& keys = keys_.at(set);
      if (std::includes(known.begin(), known.end(), keys.begin(), keys.end())) continue;
      largest = std::max(largest.value_or(0), benefit);
    }
    return largest;
  }
  // The benefits of the sets that no coupon can join, rising.
  std::vector<int64_t> Complete() const {
    std::vector<int64_t> complete;
    for (const auto& [set, benefit] : usable_) {
      bool joined = false;
      for (size_t i = 0; i < size_ && !joined; ++i) {
        joined = (set >> i & 1) == 0 && usable_.count(set | uint64_t{1} << i) != 0;
      }
      if (!joined) complete.push_back(benefit);
    }
    std::sort(complete.begin(), complete.end());
    return complete;
  }

 private:
  std::map<uint64_t, int64_t> usable_;
  std::map<uint64_t, Keys> keys_;
  size_t size_ = 0;
};

struct Case {
  Order order;
  std::vector<Offer> offers;
  std::vector<ListedCoupon> coupons;
};

// Most are small, so that thousands can be tried; amounts are large against prices, so that coupons take each
// other's thresholds and rooms away.
Case MakeCase(RandomOrders& random, int i, size_t coupons_max) {
  const bool tight = i % 2 == 0;
  const OrderKind orders{.lines = 1 + static_cast<size_t>(random.Below(6)),
                         .categories = 3,
                         .unit_price_max_minor = tight ? 60 : 9'000,
                         .floors_in_100 = i % 3 == 0 ? 25 : 0};
  const OfferKind kind{.groups = 1 + static_cast<size_t>(random.Below(4)),
                       .grouped_in_100 = static_cast<int>(random.Below(100)),
                       .scoped_in_100 = i % 5 == 0 ? 0 : 60,
                       .initial_in_100 = i % 7 == 0 ? 0 : 30,
                       .after_in_100 = i % 4 == 0 ? 0 : 50,
                       .amount_max_minor = tight ? 60 : 6'000};
  Case made{.order = random.MakeOrder(orders), .offers = {}, .coupons = {}};
  const int64_t count = 1 + random.Below(static_cast<int64_t>(coupons_max));
  for (int64_t j = 0; j < count; ++j) made.offers.push_back(random.MakeOffer(made.order, kind, orders));
  made.coupons = random.List(made.offers);
  return made;
}

// More than any of these cases takes: what is asked here is whether the answer is right.
constexpr int64_t kEnoughWork = 1'000'000'000;

TEST(OptimizerTest, IsWhatTryingAllSetsFinds) {
  const auto trials = static_cast<int>(testing::Trials(1'500, 10'000));
  RandomOrders random(2'026);
  int several = 0;
  int with_runner_up = 0;
  int largest_cases = 0;
  for (int i = 0; i < trials; ++i) {
    // Sets of 12 take as long as a hundred of six: enough of both.
    const Case one = MakeCase(random, i, i % 25 == 0 ? 12 : 7);
    const AllSets all(one.order, one.coupons);
    const OptimizedSet customer = Optimize(one.order, one.coupons, Objective::kCustomerMax, kEnoughWork);
    ASSERT_TRUE(customer.best_is_proven && customer.runner_up_is_proven) << i;
    ASSERT_EQ(customer.best.benefit_minor, all.Largest()) << i;
    const auto beside = all.LargestBeside(KeysOf(customer.best));
    ASSERT_EQ(customer.runner_up.has_value(), beside.has_value()) << i;
    if (beside) {
      ASSERT_EQ(customer.runner_up->benefit_minor, *beside) << i;
    }
    const std::vector<int64_t> complete = all.Complete();
    const OptimizedSet merchant = Optimize(one.order, one.coupons, Objective::kMerchantMin, kEnoughWork);
    ASSERT_TRUE(merchant.best_is_proven) << i;
    ASSERT_EQ(merchant.best.benefit_minor, complete.empty() ? 0 : complete[0]) << i;
    ASSERT_EQ(merchant.runner_up.has_value(), complete.size() > 1) << i;
    if (merchant.runner_up) {
      ASSERT_EQ(merchant.runner_up->benefit_minor, complete[1]) << i;
    }
    several += customer.best.applied.size() > 1 ? 1 : 0;
    with_runner_up += beside ? 1 : 0;
    largest_cases += one.coupons.size() > 9 ? 1 : 0;
  }
  // The cases would prove little if single coupons won.
  EXPECT_GT(several, trials / 3);
  EXPECT_GT(with_runner_up, trials / 4);
  EXPECT_GT(largest_cases, trials / 200);
  testing::PrintTrials("choices of coupons, each equal to trying all sets", trials);
}

// All facts of an answer, and the same wherever its coupons were listed.
TEST(OptimizerTest, TheListingOrderSaysNothing) {
  RandomOrders random(4);
  for (int i = 0; i < 300; ++i) {
    Case one = MakeCase(random, i, 12);
    for (const Objective objective : {Objective::kCustomerMax, Objective::kMerchantMin}) {
      // Also when the work runs out on the way.
      for (const int64_t work_max : {kOptimizeWorkMax, int64_t{300}}) {
        const OptimizedSet first = Optimize(one.order, one.coupons, objective, work_max);
        std::shuffle(one.coupons.begin(), one.coupons.end(), random.random());
        ASSERT_EQ(Optimize(one.order, one.coupons, objective, work_max), first) << i;
      }
    }
  }
}

TEST(OptimizerTest, EveryCouponIsUsedOrToldWhyNot) {
  RandomOrders random(5);
  std::map<WhyNot, int> reasons;
  for (int i = 0; i < 1'000; ++i) {
    const Case one = MakeCase(random, i, 10);
    const OptimizedSet chosen = Optimize(one.order, one.coupons, Objective::kCustomerMax);
    Keys told = KeysOf(chosen.best);
    const Keys used = told;
    ASSERT_EQ(used.size() + chosen.unused.size(), one.coupons.size());
    for (const RefusedCoupon& unused : chosen.unused) {
      ASSERT_TRUE(told.insert(unused.key).second);
      ++reasons[unused.refusal.why];
      switch (unused.refusal.why) {
        case WhyNot::kExclusive:
        case WhyNot::kGroupFull:
        case WhyNot::kSpoilsAnother:
          ASSERT_TRUE(unused.refusal.other && used.count(*unused.refusal.other) != 0);
          break;
        case WhyNot::kMinimumNotMet:
          ASSERT_GT(unused.refusal.missing_minor, 0);
          break;
        case WhyNot::kGainsNothing:
          ASSERT_LE(unused.refusal.change_minor, 0);
          break;
        default:
          break;
      }
    }
  }
  for (const WhyNot why :
       {WhyNot::kExclusive, WhyNot::kGroupFull, WhyNot::kSpoilsAnother, WhyNot::kMinimumNotMet,
        WhyNot::kGainsNothing, WhyNot::kNothingToTakeOff, WhyNot::kOutOfScope, WhyNot::kTooFewUnits}) {
    EXPECT_GT(reasons[why], 0) << WhyNotName(why);
  }
}

// What runs out of work says so, and is still a set that may be used.
TEST(OptimizerTest, SaysWhenItIsNotCertain) {
  RandomOrders random(6);
  int uncertain = 0;
  int worse = 0;
  for (int i = 0; i < 200; ++i) {
    const Case one = MakeCase(random, i, 12);
    const OptimizedSet best = Optimize(one.order, one.coupons, Objective::kCustomerMax);
    const OptimizedSet hasty = Optimize(one.order, one.coupons, Objective::kCustomerMax, 100);
    ASSERT_LE(hasty.best.benefit_minor, best.best.benefit_minor);
    if (hasty.best_is_proven) {
      ASSERT_EQ(hasty.best.benefit_minor, best.best.benefit_minor);
    }
    uncertain += hasty.best_is_proven ? 0 : 1;
    worse += hasty.best.benefit_minor < best.best.benefit_minor ? 1 : 0;
  }
  EXPECT_GT(uncertain, 50);
  EXPECT_GT(worse, 0);
}

TEST(OptimizerTest, NothingThatGainsNothingIsSpent) {
  const Currency euro = *Currency::Parse("EUR", "currency");
  Order order{
      .order_id = "o", .currency = euro, .lines = {{.sku = "A", .quantity = 1, .unit_price_minor = 1'000}}};
  const Offer all{.currency = euro, .benefit = AmountOff{.amount_minor = 1'000}};
  const Offer some{.currency = euro, .benefit = AmountOff{.amount_minor = 10}, .stacking = {.priority = -1}};
  const std::vector<ListedCoupon> coupons = {{.key = {"all", CouponNumber{1}}, .offer = &all},
                                             {.key = {"some", CouponNumber{2}}, .offer = &some}};
  const OptimizedSet chosen = Optimize(order, coupons, Objective::kCustomerMax);
  EXPECT_EQ(KeysOf(chosen.best), Keys({coupons[0].key}));
  ASSERT_EQ(chosen.unused.size(), 1U);
  EXPECT_EQ(chosen.unused[0].refusal.why, WhyNot::kGainsNothing);
  EXPECT_EQ(chosen.unused[0].refusal.change_minor, 0);
}

// One euro off takes the spend below what free shipping asks for, so the larger benefit does without it.
TEST(OptimizerTest, ACouponThatSpoilsALargerOneIsLeftOut) {
  const Currency euro = *Currency::Parse("EUR", "currency");
  Order order{.order_id = "o",
              .currency = euro,
              .lines = {{.sku = "A", .quantity = 1, .unit_price_minor = 10'000}},
              .shipping_minor = 500};
  const Offer one_off{.currency = euro, .benefit = AmountOff{.amount_minor = 100}};
  const Offer free{.currency = euro,
                   .benefit = FreeShipping{},
                   .minimum_spend_minor = 10'000,
                   .stacking = {.threshold_basis = ThresholdBasis::kAfterDiscounts}};
  const std::vector<ListedCoupon> coupons = {{.key = {"a", CouponNumber{1}}, .offer = &one_off},
                                             {.key = {"b", CouponNumber{2}}, .offer = &free}};
  const OptimizedSet chosen = Optimize(order, coupons, Objective::kCustomerMax);
  EXPECT_EQ(KeysOf(chosen.best), Keys({coupons[1].key}));
  EXPECT_EQ(KeysOf(*chosen.runner_up), Keys({coupons[0].key}));
  ASSERT_EQ(chosen.unused.size(), 1U);
  EXPECT_EQ(chosen.unused[0].refusal.why, WhyNot::kSpoilsAnother);
  EXPECT_EQ(chosen.unused[0].refusal.other, coupons[1].key);
}

TEST(OptimizerTest, TheMerchantGivesTheCheapestOfWhatExcludesEachOther) {
  const Currency euro = *Currency::Parse("EUR", "currency");
  Order order{
      .order_id = "o", .currency = euro, .lines = {{.sku = "A", .quantity = 1, .unit_price_minor = 10'000}}};
  const StackingRule one_of{.groups = {{.group = "g", .at_most = 1}}};
  const Offer ten{.currency = euro, .benefit = PercentOff{.basis_points = 1'000}, .stacking = one_of};
  const Offer five{.currency = euro, .benefit = AmountOff{.amount_minor = 500}, .stacking = one_of};
  const Offer beside{.currency = euro, .benefit = AmountOff{.amount_minor = 100}};
  const std::vector<ListedCoupon> coupons = {{.key = {"ten", CouponNumber{1}}, .offer = &ten},
                                             {.key = {"five", CouponNumber{2}}, .offer = &five},
                                             {.key = {"beside", CouponNumber{3}}, .offer = &beside}};
  const OptimizedSet customer = Optimize(order, coupons, Objective::kCustomerMax);
  EXPECT_EQ(KeysOf(customer.best), Keys({coupons[0].key, coupons[2].key}));
  EXPECT_EQ(KeysOf(*customer.runner_up), Keys({coupons[1].key, coupons[2].key}));
  const OptimizedSet merchant = Optimize(order, coupons, Objective::kMerchantMin);
  EXPECT_EQ(KeysOf(merchant.best), Keys({coupons[1].key, coupons[2].key}));
  EXPECT_EQ(merchant.best.discount_minor, 600);
  ASSERT_EQ(merchant.unused.size(), 1U);
  EXPECT_EQ(merchant.unused[0].refusal.why, WhyNot::kGroupFull);
  EXPECT_EQ(merchant.unused[0].refusal.other, coupons[1].key);
}

// A gift counts by what it is worth, though it takes nothing off.
TEST(OptimizerTest, AGiftOfMoreWorthBeatsADiscount) {
  const Currency euro = *Currency::Parse("EUR", "currency");
  const Order order{
      .order_id = "o", .currency = euro, .lines = {{.sku = "A", .quantity = 1, .unit_price_minor = 10'000}}};
  const StackingRule one_of{.groups = {{.group = "g", .at_most = 1}}};
  const Offer gift{.currency = euro, .benefit = Gift{.sku = "BAG", .worth_minor = 900}, .stacking = one_of};
  const Offer five{.currency = euro, .benefit = AmountOff{.amount_minor = 500}, .stacking = one_of};
  const std::vector<ListedCoupon> coupons = {{.key = {"five", CouponNumber{1}}, .offer = &five},
                                             {.key = {"gift", CouponNumber{2}}, .offer = &gift}};
  const OptimizedSet customer = Optimize(order, coupons, Objective::kCustomerMax);
  EXPECT_TRUE(customer.best_is_proven);
  EXPECT_EQ(KeysOf(customer.best), Keys({coupons[1].key}));
  EXPECT_EQ(customer.best.benefit_minor, 900);
  EXPECT_EQ(customer.best.discount_minor, 0);
  EXPECT_EQ(customer.best.payable_minor, 10'000);
  EXPECT_EQ(KeysOf(*customer.runner_up), Keys({coupons[0].key}));
  ASSERT_EQ(customer.unused.size(), 1U);
  EXPECT_EQ(customer.unused[0].refusal.why, WhyNot::kGroupFull);
  EXPECT_EQ(customer.unused[0].refusal.other, coupons[1].key);
  const OptimizedSet merchant = Optimize(order, coupons, Objective::kMerchantMin);
  EXPECT_EQ(KeysOf(merchant.best), Keys({coupons[0].key}));
  EXPECT_EQ(merchant.best.benefit_minor, 500);
}

// Of 25 that all go together the 20 best are used, which are as many as an order may have.
TEST(OptimizerTest, OfTooManyThatGoTogetherTheBestAreUsed) {
  const Currency euro = *Currency::Parse("EUR", "currency");
  const Order order{
      .order_id = "o", .currency = euro, .lines = {{.sku = "A", .quantity = 1, .unit_price_minor = 100'000}}};
  std::vector<Offer> offers;
  for (int64_t i = 0; i < 25; ++i) {
    // In no order: each of 1.00 to 1.24 once.
    offers.push_back({.currency = euro, .benefit = AmountOff{.amount_minor = 100 + i * 7 % 25}});
  }
  std::vector<ListedCoupon> coupons;
  Keys best;
  Keys rest;
  for (uint64_t i = 0; i < offers.size(); ++i) {
    coupons.push_back({.key = {"campaign-" + std::to_string(i), CouponNumber{i}}, .offer = &offers[i]});
    (std::get<AmountOff>(offers[i].benefit).amount_minor >= 105 ? best : rest).insert(coupons.back().key);
  }
  ASSERT_EQ(best.size(), 20U);
  const OptimizedSet chosen = Optimize(order, coupons, Objective::kCustomerMax);
  EXPECT_EQ(KeysOf(chosen.best), best);
  EXPECT_EQ(chosen.best.discount_minor, 20 * (105 + 124) / 2);
  Keys unused;
  for (const RefusedCoupon& one : chosen.unused) {
    unused.insert(one.key);
    EXPECT_EQ(one.refusal.why, WhyNot::kTooManyCoupons) << WhyNotName(one.refusal.why);
    EXPECT_EQ(one.refusal.at_most, 20);
  }
  EXPECT_EQ(unused, rest);
}

}  // namespace
}  // namespace tessera::core
