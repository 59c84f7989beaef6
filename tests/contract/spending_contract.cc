// What using coupons spends of their campaigns' limits: uses of a user, and money.

#include "spending_contract.h"

namespace tessera::contract {
namespace {

using core::CouponNumber;
using core::Reason;

using SpendingContract = Contract<SpendingFixture>;
TESSERA_CONTRACT(SpendingContract);

TEST_P(SpendingContract, TheLastUseOfABudgetIsWholeOrRefused) {
  const std::string id = WithBudget(1'250);
  EXPECT_THAT(RedeemBy(id, 1), Succeeds());
  EXPECT_THAT(RedeemBy(id, 2), Succeeds());
  const CouponNumber third = Coupon(id, 3);
  EXPECT_THAT(Redeem(IntentOf(third, 3, "order-1")), RefusesWith(Reason::kBudget, "left_minor", "250"));
  EXPECT_EQ(StateOf(third), storage::CouponState::kIssued);
  EXPECT_EQ(Totals(id).discount_minor, 1'000);
  ExpectVerified();
}

TEST_P(SpendingContract, ABudgetThatClipsIsSpentToZero) {
  const std::string id = WithBudget(1'250, true);
  EXPECT_EQ(RedeemBy(id, 1)->discount_minor, 500);
  EXPECT_EQ(RedeemBy(id, 2)->discount_minor, 500);
  const auto third = RedeemBy(id, 3);
  ASSERT_THAT(third, Succeeds());
  EXPECT_EQ(third->discount_minor, 250);
  EXPECT_EQ(third->coupons.front().discount_minor, 250);
  const auto explained = Await(store_->redemptions().Explain(third->ref, Soon()));
  ASSERT_TRUE(explained.ok());
  EXPECT_EQ(explained->receipt.discount_max_minor.front(), 250);
  EXPECT_THAT(RedeemBy(id, 4), RefusesWith(Reason::kBudget, "left_minor", "0"));
  EXPECT_EQ(Totals(id).discount_minor, 1'250);
  ExpectVerified();
}

TEST_P(SpendingContract, ABudgetIsExactOverAllPartitions) {
  const std::string id = WithBudget(20 * 500 + 499);
  int redeemed = 0;
  for (uint32_t i = 1; i <= 40; ++i) redeemed += RedeemBy(id, i).ok() ? 1 : 0;
  EXPECT_EQ(redeemed, 20);
  EXPECT_EQ(Totals(id).discount_minor, 20 * 500);
  ExpectVerified();
}

TEST_P(SpendingContract, WhatIsUndoneComesBackToWhoeverIsNext) {
  const std::string id = WithBudget(500);
  const auto redeemed = RedeemBy(id, 1);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_THAT(RedeemBy(id, 2), Refuses(Reason::kBudget));
  ASSERT_THAT(Rollback(redeemed->ref), Succeeds());
  const auto reserved = ReserveBy(id, 3);
  ASSERT_THAT(reserved, Succeeds());
  EXPECT_THAT(RedeemBy(id, 4), Refuses(Reason::kBudget));
  ASSERT_THAT(Release(reserved->ref), Succeeds());
  EXPECT_THAT(RedeemBy(id, 5), Succeeds());
  EXPECT_THAT(RedeemBy(id, 6), Refuses(Reason::kBudget));
  ExpectVerified();
}

TEST_P(SpendingContract, AHoldThatRunsOutGivesItsMoneyAndItsUseBack) {
  const std::string id = With([](core::UseLimits& limits) {
    limits.budget_total_minor = 500;
    limits.uses_per_user_total = 1;
  });
  const auto reserved = ReserveBy(id, 1, "order-1", 1'000);
  ASSERT_THAT(reserved, Succeeds());
  EXPECT_THAT(RedeemBy(id, 2), Refuses(Reason::kBudget));
  store_->WaitUntil(reserved->expire_time_ms);
  EXPECT_EQ(Sweep().reservations_expired, 1);
  const auto redeemed = RedeemBy(id, 1, "order-2");
  ASSERT_THAT(redeemed, Succeeds());
  ExpectVerified();
}

TEST_P(SpendingContract, AnOrderThatReservesAgainSpendsOnce) {
  const std::string id = With([](core::UseLimits& limits) {
    limits.budget_total_minor = 500;
    limits.uses_per_user_total = 1;
  });
  const CouponNumber coupon = Coupon(id, 1);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Reserve(IntentOf(coupon, 1, "order-1")), Succeeds());
  const auto last = Reserve(IntentOf(coupon, 1, "order-1"));
  ASSERT_THAT(last, Succeeds());
  EXPECT_THAT(Commit(*last), Succeeds());
  EXPECT_THAT(RedeemBy(id, 2), RefusesWith(Reason::kBudget, "left_minor", "0"));
  EXPECT_EQ(Totals(id).discount_minor, 500);
  ExpectVerified();
}

TEST_P(SpendingContract, WhatASmallerOrderDoesNotNeedAnyMoreIsEverybodys) {
  const std::string id = WithBudget(500);
  const CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Reserve(IntentOf(coupon, 1, "order-1")), Succeeds());
  // By now the budget is known to have nothing left anywhere.
  for (uint32_t i = 2; i < 5; ++i) EXPECT_THAT(RedeemBy(id, i), Refuses(Reason::kBudget));
  storage::UseIntent smaller = IntentOf(coupon, 1, "order-1");
  Buy(smaller, 200);
  const auto reserved = Reserve(smaller);
  ASSERT_THAT(reserved, Succeeds());
  EXPECT_EQ(reserved->discount_minor, 200);
  storage::UseIntent other = IntentOf(Coupon(id, 5), 5, "order-2");
  Buy(other, 300);
  EXPECT_THAT(Redeem(other), Succeeds());
  EXPECT_THAT(RedeemBy(id, 6), RefusesWith(Reason::kBudget, "left_minor", "0"));
  EXPECT_THAT(Commit(*reserved), Succeeds());
  EXPECT_EQ(Totals(id).discount_minor, 500);
  ExpectVerified();
}

TEST_P(SpendingContract, ARevocationThatBreaksAHoldGivesItBack) {
  const std::string id = WithBudget(500);
  const CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Reserve(IntentOf(coupon, 1, "order-1")), Succeeds());
  ASSERT_THAT(Revoke(coupon, storage::ReservedPolicy::kBreak, false), Succeeds());
  EXPECT_THAT(RedeemBy(id, 2), Succeeds());
  ExpectVerified();
}

TEST_P(SpendingContract, APartThatIsReturnedGivesItsShareBack) {
  const std::string id = WithBudget(500);
  storage::UseIntent intent = Stack({Coupon(id, 1)}, "order-1");
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  ASSERT_THAT(ReturnLines(redeemed->ref, {{"2", 1}}), Succeeds());
  // Line 2 had 200 of the 500 taken off.
  EXPECT_EQ(Totals(id).discount_minor, 300);
  const std::string refused = "200";
  EXPECT_THAT(RedeemBy(id, 2), RefusesWith(Reason::kBudget, "left_minor", refused));
  ExpectVerified();
}

// What stays of a discount is spent, and no more of it: of 500 go 200 with the line, and 75 since the rest is
// 3000 of the 4000 that were wanted.
TEST_P(SpendingContract, WhatALostThresholdClawsBackIsSpentAgain) {
  const std::string id = Off(500, 0, [](core::CampaignDefinition& d) {
    d.offer.minimum_spend_minor = 4'000;
    d.threshold_loss = core::ThresholdLoss::kProrate;
    d.use_limits.budget_total_minor = 500;
  });
  const auto redeemed = RedeemStack({Coupon(id, 1)}, "order-1");
  ASSERT_THAT(redeemed, Succeeds());
  ASSERT_THAT(ReturnLines(redeemed->ref, {{"2", 1}}), Succeeds());
  EXPECT_EQ(Totals(id).discount_minor, 225);
  storage::UseIntent other = IntentOf(Coupon(id, 2), 2, "order-2");
  Buy(other, 4'000);
  EXPECT_THAT(Redeem(other), RefusesWith(Reason::kBudget, "left_minor", "275"));
  ASSERT_THAT(Rollback(redeemed->ref), Succeeds());
  EXPECT_THAT(Redeem(other), Succeeds());
  ExpectVerified();
}

TEST_P(SpendingContract, ADaysBudgetSaysWhenItStartsAnew) {
  const std::string id = With([](core::UseLimits& limits) { limits.budget_per_day_minor = 900; });
  EXPECT_THAT(RedeemBy(id, 1), Succeeds());
  const auto refused = RedeemBy(id, 2);
  EXPECT_THAT(refused, RefusesWith(Reason::kBudgetPerDay, "left_minor", "400"));
  constexpr int64_t kDayMs = 24 * 3'600'000;
  EXPECT_THAT(refused,
              RefusesWith(Reason::kBudgetPerDay, "resets_at", InstantText((Now() / kDayMs + 1) * kDayMs)));
}

TEST_P(SpendingContract, AUserUsesAsManyAsTheCampaignAllows) {
  const std::string id = With([](core::UseLimits& limits) { limits.uses_per_user_total = 2; });
  const auto first = RedeemBy(id, 1, "order-1");
  ASSERT_THAT(first, Succeeds());
  EXPECT_THAT(ReserveBy(id, 1, "order-2"), Succeeds());
  EXPECT_THAT(RedeemBy(id, 1, "order-3"), Refuses(Reason::kUseQuota));
  EXPECT_THAT(RedeemBy(id, 2), Succeeds());
  ASSERT_THAT(Rollback(first->ref), Succeeds());
  EXPECT_THAT(RedeemBy(id, 1, "order-4"), Succeeds());
  EXPECT_THAT(RedeemBy(id, 1, "order-5"), Refuses(Reason::kUseQuota));
}

TEST_P(SpendingContract, DaysWeeksAndMonthsCountByThemselves) {
  struct Row {
    std::function<void(core::UseLimits&)> limit;
    Reason reason;
  };
  for (const Row& row :
       {Row{[](auto& limits) { limits.uses_per_user_per_day = 1; }, Reason::kUseQuotaPerDay},
        Row{[](auto& limits) { limits.uses_per_user_per_week = 1; }, Reason::kUseQuotaPerWeek},
        Row{[](auto& limits) { limits.uses_per_user_per_month = 1; }, Reason::kUseQuotaPerMonth}}) {
    const std::string id = With(row.limit);
    const auto first = RedeemBy(id, 1, "order-1");
    ASSERT_THAT(first, Succeeds());
    EXPECT_THAT(RedeemBy(id, 1, "order-2"), Refuses(row.reason));
    ASSERT_THAT(Rollback(first->ref), Succeeds());
    EXPECT_THAT(RedeemBy(id, 1, "order-3"), Succeeds());
  }
}

TEST_P(SpendingContract, WhereUsesAreCountedTheUserMustBeNamed) {
  const std::string id = With([](core::UseLimits& limits) { limits.uses_per_user_total = 5; });
  storage::UseIntent intent = IntentOf(Coupon(id, 1), 1, "order-1");
  intent.user.reset();
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kSubjectRequired, "field", "user_id"));
  EXPECT_THAT(Redeem(Code(id), "order-1"), RefusesWith(Reason::kSubjectRequired, "field", "user_id"));
}

TEST_P(SpendingContract, ValidateSaysWhatABudgetHasLeftAndSpendsNothing) {
  const std::string id = WithBudget(700);
  const std::string clips = WithBudget(700, true);
  ASSERT_THAT(RedeemBy(id, 1), Succeeds());
  ASSERT_THAT(RedeemBy(clips, 1), Succeeds());
  for (int i = 0; i < 2; ++i) {
    const auto refused = Await(store_->redemptions().Validate(IntentOf(Coupon(id, 2), 2, "order-1")));
    ASSERT_TRUE(refused.ok());
    EXPECT_EQ(Refused(refused->coupons.front()), Reason::kBudget);
    const auto clipped = Await(store_->redemptions().Validate(IntentOf(Coupon(clips, 2), 2, "order-1")));
    ASSERT_TRUE(clipped.ok());
    EXPECT_EQ(clipped->discount_minor, 200);
  }
  ExpectVerified();
}

// What an order holds of a budget is left to it, whatever others have spent meanwhile.
TEST_P(SpendingContract, AnOrderThatBuysMoreKeepsWhatItHolds) {
  const std::string id = Off(0, 0, [](core::CampaignDefinition& d) {
    d.offer.benefit = core::PercentOff{.basis_points = 5'000, .cap_minor = {}};
    d.use_limits.budget_total_minor = 1'000;
    d.use_limits.budget_clips = true;
  });
  storage::UseIntent intent = IntentOf(Coupon(id, 1), 1, "order-1");
  Buy(intent, 1'000);
  const auto first = Reserve(intent);
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(first->discount_minor, 500);
  storage::UseIntent other = IntentOf(Coupon(id, 2), 2, "order-2");
  Buy(other, 900);
  EXPECT_EQ(Redeem(other)->discount_minor, 450);

  storage::UseIntent larger = intent;
  larger.op = NewOp(storage::Method::kRedeemCoupons);
  Buy(larger, 1'200);
  EXPECT_EQ(Validate(larger)->discount_minor, 550);
  const auto again = Reserve(larger);
  ASSERT_THAT(again, Succeeds());
  EXPECT_EQ(again->discount_minor, 550);
  EXPECT_EQ(Validate(intent)->discount_minor, 500) << "all of the budget is held, by this order";
  const auto redeemed = Commit(*again);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(Totals(id).discount_minor, 1'000);
  ExpectVerified();
}

TEST_P(SpendingContract, AnOrderThatHoldsTheLastMoneyMayUseIt) {
  const std::string id = WithBudget(500);
  storage::UseIntent intent = IntentOf(Coupon(id, 1), 1, "order-1");
  ASSERT_THAT(Reserve(intent), Succeeds());
  EXPECT_THAT(Validate(IntentOf(Coupon(id, 2), 2, "order-2")), Refuses(Reason::kBudget));
  EXPECT_THAT(Validate(intent), Succeeds());
  intent.op = NewOp(storage::Method::kRedeemCoupons);
  EXPECT_THAT(Redeem(intent), Succeeds());
  ExpectVerified();
}

}  // namespace
}  // namespace tessera::contract
