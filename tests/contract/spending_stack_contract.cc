// What several coupons of one order spend of their campaigns' limits together.

#include "spending_contract.h"

namespace tessera::contract {
namespace {

using core::CouponNumber;
using core::Reason;

class SpendingStackContract : public Contract<SpendingFixture> {
 protected:
  std::string WithUses(int64_t per_user) {
    return With([per_user](core::UseLimits& limits) { limits.uses_per_user_total = per_user; });
  }
  storage::UseIntent PartOf(Names names) {
    storage::UseIntent intent = Stack(std::move(names), "order-1");
    intent.partial = true;
    return intent;
  }
};
TESSERA_CONTRACT(SpendingStackContract);

TEST_P(SpendingStackContract, OfTwoCouponsTheSecondIsOneTooMany) {
  const std::string id = WithUses(1);
  const CouponNumber first = Coupon(id, 1);
  const CouponNumber second = Coupon(id, 1);
  EXPECT_THAT(RedeemStack({first, second}, "order-1"),
              RefusesWith(Reason::kUseQuota, "coupon", "coupons[1]"));
  const auto redeemed = Redeem(PartOf({first, second}));
  ASSERT_THAT(redeemed, Succeeds());
  ASSERT_EQ(redeemed->left_out.size(), 1u);
  EXPECT_EQ(redeemed->left_out.front().coupon, core::CouponName(second));
  EXPECT_EQ(redeemed->left_out.front().why.reason, Reason::kUseQuota);
}

// They are counted as they are applied, and not as they are listed.
TEST_P(SpendingStackContract, ValidateSaysWhichCouponIsOneTooMany) {
  const std::string id = WithUses(1);
  const CouponNumber first = Coupon(id, 1);
  const CouponNumber second = Coupon(id, 1);
  for (const Names& names : {Names{second, first}, Names{first, second}}) {
    const storage::UseIntent intent = PartOf(names);
    const auto verdict = Validate(intent);
    ASSERT_THAT(verdict, Succeeds());
    const size_t extra = names[0] == core::CouponName(second) ? 0 : 1;
    EXPECT_EQ(Refused(verdict->coupons.at(extra)), Reason::kUseQuota);
    EXPECT_NE(Applied(verdict->coupons.at(1 - extra)), nullptr);
    const auto redeemed = Redeem(intent);
    ASSERT_THAT(redeemed, Succeeds());
    EXPECT_EQ(Nth(*redeemed, 0), first);
    ASSERT_THAT(Rollback(redeemed->ref), Succeeds());
  }
}

TEST_P(SpendingStackContract, WhatIsListedTwiceIsUsedOnce) {
  const std::string id = WithUses(2);
  const core::CodeNumber code = WatchedCode(id);
  const auto bound = Bind(code, 1);
  ASSERT_THAT(bound, Succeeds());
  storage::UseIntent intent = Stack({bound->number, code, Coupon(id, 1)}, "order-1");
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kListedTwice, "coupon", "coupons[1]"));
  intent.partial = true;
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  EXPECT_NE(Applied(verdict->coupons.at(2)), nullptr);
  intent.op = NewOp(storage::Method::kRedeemCoupons);
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  ASSERT_EQ(redeemed->left_out.size(), 1u);
  EXPECT_EQ(redeemed->left_out.front().why.reason, Reason::kListedTwice);
  EXPECT_THAT(RedeemBy(id, 1, "order-2"), Refuses(Reason::kUseQuota));
}

// Without the coupon that is one too many, an exclusive one is alone.
TEST_P(SpendingStackContract, ACouponThatIsOneTooManyIsInNobodysWay) {
  const std::string spent = WithUses(1);
  ASSERT_THAT(RedeemBy(spent, 1, "order-0"), Succeeds());
  const CouponNumber alone =
      CouponOff(300, 0, [](core::CampaignDefinition& d) { d.offer.stacking.exclusive = true; });
  const storage::UseIntent intent = PartOf({alone, Coupon(spent, 1)});
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  EXPECT_EQ(verdict->discount_minor, 300);
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(redeemed->discount_minor, 300);
}

// Several campaigns have too little at once, and some of them clip.
TEST_P(SpendingStackContract, ValidateSaysOfSeveralShortBudgetsWhatARedemptionDoes) {
  const Names names = {Coupon(WithBudget(200, true), 1), Coupon(WithBudget(100), 1),
                       Coupon(WithBudget(150, true), 1), CouponOff(300, 1), Coupon(WithBudget(90), 1)};
  const storage::UseIntent intent = PartOf(names);
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  EXPECT_EQ(verdict->discount_minor, 200 + 150 + 300);
  EXPECT_EQ(Refused(verdict->coupons[1]), Reason::kBudget);
  EXPECT_EQ(Refused(verdict->coupons[4]), Reason::kBudget);
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(redeemed->discount_minor, verdict->discount_minor);
  EXPECT_EQ(redeemed->left_out.size(), 2u);
  ExpectVerified();
}

// Of two campaigns that clip nothing is left, and the call goes on without both.
TEST_P(SpendingStackContract, SeveralBudgetsMayHaveNothingLeftAtOnce) {
  const std::string first = WithBudget(500, true);
  const std::string second = WithBudget(500, true);
  for (const std::string& id : {first, second}) ASSERT_THAT(RedeemBy(id, 2), Succeeds());
  const storage::UseIntent intent = PartOf({Coupon(first, 1), Coupon(second, 1), CouponOff(300, 1)});
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  EXPECT_EQ(verdict->discount_minor, 300);
  for (const size_t dry : {0, 1}) EXPECT_EQ(Refused(verdict->coupons[dry]), Reason::kBudget) << dry;
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(redeemed->discount_minor, 300);
  ExpectVerified();
}

TEST_P(SpendingStackContract, ABudgetOfOneCampaignRefusesTheWholeStack) {
  const std::string short_of_money = WithBudget(100);
  const CouponNumber poor = Coupon(short_of_money, 1);
  const CouponNumber rich = CouponOff(300, 1);
  EXPECT_THAT(RedeemStack({rich, poor}, "order-1"), RefusesWith(Reason::kBudget, "coupon", "coupons[1]"));
  EXPECT_EQ(StateOf(rich), storage::CouponState::kIssued);
  EXPECT_EQ(StateOf(poor), storage::CouponState::kIssued);
  ExpectVerified();
}

// The whole budget is told before the day's, also where some of it is at hand and nothing of the day's is.
TEST_P(SpendingStackContract, OfTwoShortBudgetsTheFirstIsTold) {
  const std::string id = With([](core::UseLimits& limits) {
    limits.budget_total_minor = 900;
    limits.budget_per_day_minor = 450;
  });
  // Leaves what it would have needed at hand.
  EXPECT_THAT(RedeemBy(id, 1), RefusesWith(Reason::kBudgetPerDay, "left_minor", "450"));
  const Names both = {Coupon(id, 1), Coupon(id, 1)};
  EXPECT_THAT(RedeemStack(both, "order-1"), RefusesWith(Reason::kBudget, "left_minor", "900"));
  EXPECT_THAT(RedeemStack(both, "order-1"), RefusesWith(Reason::kBudget, "coupon", "coupons[1]"));
}

}  // namespace
}  // namespace tessera::contract
