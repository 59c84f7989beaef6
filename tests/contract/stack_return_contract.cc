// What becomes of a redemption of several coupons when the order comes back, whole, in parts, or but for a
// coupon.

#include "stack_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using core::RestorePolicy;
using core::ThresholdLoss;
using storage::CouponState;
using storage::Method;
using storage::ReturnedCoupon;

class StackReturnContract : public Contract<StackFixture> {
 protected:
  // Of a coupon of 500 and one of a tenth on the basket: 500 in shares of 300 and 200, then 450 of 270 and
  // 180.
  void SetUp() override {
    Contract<StackFixture>::SetUp();
    a_ = CouponOff(500, 1);
    b_ = CouponOff(0, 2,
                   [](CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; });
  }
  core::OpRef Redeemed() {
    const auto redemption = RedeemStack({a_, b_}, "order-1");
    EXPECT_THAT(redemption, Succeeds());
    if (!redemption.ok()) return {};
    EXPECT_EQ(redemption->discount_minor, kDiscount);
    return redemption->ref;
  }
  static constexpr int64_t kDiscount = 950;
  static constexpr int64_t kPaid = 5'500 - kDiscount;

  struct Sums {
    int64_t discount_minor = 0;
    int64_t subtotal_minor = 0;
    int64_t rolled_back = 0;
    bool operator==(const Sums&) const = default;
  };
  Sums SumsOf(size_t campaign) {
    const storage::CampaignTotals totals = Totals(campaigns_[campaign]);
    return {totals.discount_minor, totals.subtotal_minor, totals.rolled_back};
  }
  std::vector<storage::RolledBack> Returns(const core::OpRef& redemption) {
    return Await(store_->redemptions().GetRedemption(redemption, Soon()))->returns;
  }

  // From 4000 on, and what becomes of it below that.
  static std::function<void(CampaignDefinition&)> From4000(ThresholdLoss loss) {
    return [loss](CampaignDefinition& d) {
      d.offer.minimum_spend_minor = 4'000;
      d.threshold_loss = loss;
    };
  }

  CouponNumber a_, b_;
};
TESSERA_CONTRACT(StackReturnContract);

TEST_P(StackReturnContract, TheWholeRestoresEachByItsCampaignsPolicy) {
  Names names;
  for (const auto policy :
       {RestorePolicy::kRestore, RestorePolicy::kKeepUsed, RestorePolicy::kRestoreIfUnexpired}) {
    names.emplace_back(CouponOff(100, 3, [policy](CampaignDefinition& d) { d.restore_policy = policy; }));
  }
  const auto redemption = RedeemStack(names, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  const core::InstantMs before = Now();
  const auto back = Rollback(redemption->ref);
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(back->redemption, redemption->ref);
  EXPECT_GE(back->rollback_time_ms, before);
  EXPECT_LE(back->rollback_time_ms, Now());
  EXPECT_EQ(back->currency.code(), "EUR");
  EXPECT_EQ(back->refund_minor, 5'200);
  EXPECT_EQ(back->due_minor, 0);
  EXPECT_TRUE(back->whole);
  ASSERT_EQ(back->coupons.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const bool restored = i != 1;
    const auto number = std::get<CouponNumber>(names[i]);
    const auto returned = std::find_if(back->coupons.begin(), back->coupons.end(),
                                       [&](const ReturnedCoupon& one) { return one.coupon == number; });
    ASSERT_NE(returned, back->coupons.end());
    EXPECT_EQ(*returned, (ReturnedCoupon{number, 100, 0, restored}));
    EXPECT_EQ(StateOf(number), restored ? CouponState::kIssued : CouponState::kRedeemed);
    EXPECT_EQ(SumsOf(i + 2), (Sums{0, 0, 1}));
    EXPECT_EQ(Totals(campaigns_[i + 2]).redeemed_now, restored ? 0 : 1);
  }
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(back->coupons[i].coupon, Nth(*redemption, i)) << "in the order of application";
  ExpectVerified();
}

TEST_P(StackReturnContract, ASecondRollbackOfTheWholeAnswersAsTheFirst) {
  const core::OpRef redemption = Redeemed();
  const auto back = Rollback(redemption);
  ASSERT_THAT(back, Succeeds());
  const State before = StateNow();
  Wait(5);
  EXPECT_EQ(*Rollback(redemption), *back);
  EXPECT_THAT(ReturnCoupon(redemption, a_), Refuses(Reason::kRedemptionRolledBack));
  EXPECT_THAT(ReturnLines(redemption, {{"1", 1}}), Refuses(Reason::kRedemptionRolledBack));
  EXPECT_THAT(ReturnLines(redemption, {}, true), Refuses(Reason::kRedemptionRolledBack));
  EXPECT_EQ(Returns(redemption), (std::vector{*back}));
  ExpectUnchangedSince(before);
}

TEST_P(StackReturnContract, OneCouponReturnedLeavesItsDiscountDue) {
  const core::OpRef redemption = Redeemed();
  const auto back = ReturnCoupon(redemption, a_);
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(back->refund_minor, 0);
  EXPECT_EQ(back->due_minor, 500);
  EXPECT_FALSE(back->whole);
  EXPECT_EQ(back->coupons, (std::vector<ReturnedCoupon>{{a_, 0, 500, true}}));
  EXPECT_EQ(StateOf(a_), CouponState::kIssued);
  EXPECT_EQ(StateOf(b_), CouponState::kRedeemed);
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 1}));
  EXPECT_EQ(SumsOf(1), (Sums{450, 5'000, 0}));

  const CouponNumber anothers = CouponOff(1);
  const State before = StateNow();
  for (const CouponNumber coupon : {a_, anothers})
    EXPECT_THAT(ReturnCoupon(redemption, coupon), RefusesWith(Reason::kInvalidField, "field", "coupon_id"));
  ExpectUnchangedSince(before);

  // What is left comes back whole: what was paid, and what was due since.
  const auto rest = Rollback(redemption);
  ASSERT_THAT(rest, Succeeds());
  EXPECT_EQ(rest->refund_minor, kPaid + 500);
  EXPECT_EQ(rest->coupons, (std::vector<ReturnedCoupon>{{b_, 450, 0, true}}));
  EXPECT_TRUE(rest->whole);
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 1}));
  EXPECT_EQ(SumsOf(1), (Sums{0, 0, 1}));
  EXPECT_EQ(Returns(redemption), (std::vector{*back, *rest}));
  ExpectVerified();
}

TEST_P(StackReturnContract, AReturnedCouponThatIsUsedAgainStaysSo) {
  const core::OpRef first = Redeemed();
  ASSERT_THAT(ReturnCoupon(first, a_), Succeeds());
  const auto second = RedeemStack({a_}, "order-2");
  ASSERT_THAT(second, Succeeds());
  const auto rest = Rollback(first);
  ASSERT_THAT(rest, Succeeds());
  EXPECT_EQ(rest->coupons.size(), 1u);
  EXPECT_EQ(GetCoupon(a_)->redemption, second->ref);
  EXPECT_EQ(StateOf(b_), CouponState::kIssued);
  EXPECT_EQ(SumsOf(0), (Sums{500, 5'000, 1}));
  ExpectVerified();
}

TEST_P(StackReturnContract, AReturnedCouponIsKeptUsedByItsPolicy) {
  ASSERT_THAT(Update(campaigns_[0], [](auto& d) { d.restore_policy = RestorePolicy::kKeepUsed; }),
              Succeeds());
  const core::OpRef redemption = Redeemed();
  EXPECT_EQ(ReturnCoupon(redemption, a_)->coupons, (std::vector<ReturnedCoupon>{{a_, 0, 500, false}}));
  EXPECT_EQ(GetCoupon(a_)->redemption, redemption);
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 1}));
  // It was taken back then: a policy of later is too late for it.
  ASSERT_THAT(Update(campaigns_[0], [](auto& d) { d.restore_policy = RestorePolicy::kRestore; }), Succeeds());
  EXPECT_EQ(Rollback(redemption)->coupons, (std::vector<ReturnedCoupon>{{b_, 450, 0, true}}));
  EXPECT_EQ(StateOf(a_), CouponState::kRedeemed);
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 1}));
  ExpectVerified();
}

TEST_P(StackReturnContract, ReturnedPartsSumToTheWhole) {
  const core::OpRef redemption = Redeemed();
  const auto first = ReturnLines(redemption, {{"1", 1}});
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(first->refund_minor, 1'500 - 285);
  EXPECT_EQ(first->due_minor, 0);
  EXPECT_FALSE(first->whole);
  EXPECT_EQ(first->coupons, (std::vector<ReturnedCoupon>{{a_, 150, 0, false}, {b_, 135, 0, false}}));
  EXPECT_EQ(StateOf(a_), CouponState::kRedeemed);
  EXPECT_EQ(SumsOf(0), (Sums{350, 3'500, 0}));
  EXPECT_EQ(SumsOf(1), (Sums{315, 3'500, 0}));

  const auto second = ReturnLines(redemption, {}, true);
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->refund_minor, 500);
  EXPECT_TRUE(second->coupons.empty());
  EXPECT_EQ(SumsOf(0), (Sums{350, 3'500, 0})) << "the shipping is no part of the subtotal";

  const auto third = ReturnLines(redemption, {{"2", 1}});
  ASSERT_THAT(third, Succeeds());
  EXPECT_EQ(third->refund_minor, 2'000 - 380);
  EXPECT_FALSE(third->whole);

  // With the last piece nothing stands any more, so the coupons are taken back too.
  const auto last = ReturnLines(redemption, {{"1", 1}});
  ASSERT_THAT(last, Succeeds());
  EXPECT_TRUE(last->whole);
  EXPECT_EQ(last->coupons, (std::vector<ReturnedCoupon>{{a_, 150, 0, true}, {b_, 135, 0, true}}));
  EXPECT_EQ(first->refund_minor + second->refund_minor + third->refund_minor + last->refund_minor, kPaid);
  for (const CouponNumber coupon : {a_, b_}) EXPECT_EQ(StateOf(coupon), CouponState::kIssued);
  for (const size_t campaign : {0, 1}) EXPECT_EQ(SumsOf(campaign), (Sums{0, 0, 1}));
  EXPECT_EQ(Returns(redemption), (std::vector{*first, *second, *third, *last}));
  EXPECT_EQ(*Rollback(redemption), *last);
  EXPECT_THAT(ReturnLines(redemption, {{"1", 1}}), Refuses(Reason::kRedemptionRolledBack));
  ExpectVerified();
}

TEST_P(StackReturnContract, AfterPartsTheWholeIsWhatIsLeft) {
  const core::OpRef redemption = Redeemed();
  const auto part = ReturnLines(redemption, {{"2", 1}, {"1", 1}});
  ASSERT_THAT(part, Succeeds());
  const auto rest = Rollback(redemption);
  ASSERT_THAT(rest, Succeeds());
  EXPECT_TRUE(rest->whole);
  EXPECT_EQ(part->refund_minor + rest->refund_minor, kPaid);
  EXPECT_EQ(rest->coupons, (std::vector<ReturnedCoupon>{{a_, 150, 0, true}, {b_, 135, 0, true}}));
  for (const size_t campaign : {0, 1}) EXPECT_EQ(SumsOf(campaign), (Sums{0, 0, 1}));
  ExpectVerified();
}

TEST_P(StackReturnContract, ACouponAndPiecesComeBackTogether) {
  const core::OpRef redemption = Redeemed();
  storage::RollbackIntent intent;
  intent.redemption = redemption;
  intent.coupon = a_;
  intent.lines = {{"2", 1}};
  intent.shipping = true;
  const auto back = Return(intent);
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(back->refund_minor, 2'500 - 500 - 180);
  EXPECT_EQ(back->coupons, (std::vector<ReturnedCoupon>{{a_, 0, 500, true}, {b_, 180, 0, false}}));
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 1}));
  EXPECT_EQ(SumsOf(1), (Sums{270, 3'000, 0}));
  ASSERT_THAT(ReturnLines(redemption, {{"1", 2}}), Succeeds());
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 1})) << "it counted the order no more";
  EXPECT_EQ(SumsOf(1), (Sums{0, 0, 1}));
  ExpectVerified();
}

TEST_P(StackReturnContract, TheOrderCountsForACampaignUntilItsLastCoupon) {
  const CouponNumber second = Coupon(campaigns_[0], 1);
  const auto redemption = RedeemStack({a_, second, b_}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(SumsOf(0), (Sums{1'000, 5'000, 0}));
  ASSERT_THAT(ReturnCoupon(redemption->ref, a_), Succeeds());
  EXPECT_EQ(SumsOf(0), (Sums{500, 5'000, 1}));
  ASSERT_THAT(ReturnLines(redemption->ref, {{"2", 1}}), Succeeds());
  EXPECT_EQ(SumsOf(0), (Sums{300, 3'000, 1}));
  ASSERT_THAT(ReturnCoupon(redemption->ref, second), Succeeds());
  EXPECT_EQ(SumsOf(0), (Sums{0, 0, 2}));
  EXPECT_EQ(SumsOf(1).subtotal_minor, 3'000);
  ExpectVerified();
}

TEST_P(StackReturnContract, WhenAThresholdIsLostEachFollowsItsOwnCampaign) {
  const CouponNumber clawed = CouponOff(500, 1, From4000(ThresholdLoss::kClawBack));
  const CouponNumber kept = CouponOff(300, 2, From4000(ThresholdLoss::kKeep));
  const auto redemption = RedeemStack({kept, clawed}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  const auto back = ReturnLines(redemption->ref, {{"2", 1}});
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(back->coupons, (std::vector<ReturnedCoupon>{{clawed, 200, 300, false}, {kept, 120, 0, false}}));
  EXPECT_EQ(back->refund_minor, 2'000 - 200 - 300 - 120);
  EXPECT_EQ(SumsOf(2), (Sums{0, 3'000, 0})) << "its use stands, without a discount";
  EXPECT_EQ(SumsOf(3), (Sums{180, 3'000, 0}));
  EXPECT_EQ(StateOf(clawed), CouponState::kRedeemed);
  const auto rest = Rollback(redemption->ref);
  ASSERT_THAT(rest, Succeeds());
  EXPECT_EQ(back->refund_minor + rest->refund_minor, 5'500 - 800);
  EXPECT_EQ(rest->coupons, (std::vector<ReturnedCoupon>{{clawed, 0, 0, true}, {kept, 180, 0, true}}));
  ExpectVerified();
}

TEST_P(StackReturnContract, ALostThresholdIsProrated) {
  const CouponNumber prorated = CouponOff(500, 1, From4000(ThresholdLoss::kProrate));
  const CouponNumber kept = CouponOff(300, 2, From4000(ThresholdLoss::kKeep));
  const auto redemption = RedeemStack({kept, prorated}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  // 3000 of the 4000 that were wanted: of the 300 that stay, 225 do.
  const auto first = ReturnLines(redemption->ref, {{"2", 1}});
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(first->coupons, (std::vector<ReturnedCoupon>{{prorated, 200, 75, false}, {kept, 120, 0, false}}));
  EXPECT_EQ(first->refund_minor, 2'000 - 200 - 120 - 75);
  EXPECT_EQ(SumsOf(2), (Sums{225, 3'000, 0}));
  EXPECT_EQ(SumsOf(3), (Sums{180, 3'000, 0}));
  // Of 405 go 203 with the piece, 113 of them of the first; then 1500 of 3000, so of 112 half.
  const auto second = ReturnLines(redemption->ref, {{"1", 1}});
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->coupons, (std::vector<ReturnedCoupon>{{prorated, 113, 56, false}, {kept, 90, 0, false}}));
  EXPECT_EQ(second->refund_minor, 1'500 - 113 - 90 - 56);
  EXPECT_EQ(SumsOf(2), (Sums{56, 1'500, 0}));
  const auto rest = Rollback(redemption->ref);
  ASSERT_THAT(rest, Succeeds());
  EXPECT_EQ(rest->coupons, (std::vector<ReturnedCoupon>{{prorated, 56, 0, true}, {kept, 90, 0, true}}));
  EXPECT_EQ(first->refund_minor + second->refund_minor + rest->refund_minor, 5'500 - 800);
  for (const size_t campaign : {2, 3}) EXPECT_EQ(SumsOf(campaign), (Sums{0, 0, 1}));
  EXPECT_EQ(Returns(redemption->ref), (std::vector{*first, *second, *rest}));
  ExpectVerified();
}

TEST_P(StackReturnContract, AGiftComesBackWithItsCoupon) {
  const CouponNumber gift = CouponOff(
      0, 0, [](CampaignDefinition& d) { d.offer.benefit = core::Gift{.sku = "sample", .worth_minor = 200}; });
  const auto redemption = RedeemStack({gift, a_}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->coupons.at(0).added, (core::AddedItem{"sample", 1}));
  const auto back = ReturnCoupon(redemption->ref, gift);
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(back->due_minor, 0);
  EXPECT_EQ(back->coupons, (std::vector<ReturnedCoupon>{{gift, 0, 0, true}}));
  EXPECT_EQ(StateOf(gift), CouponState::kIssued);
  EXPECT_EQ(SumsOf(2), (Sums{0, 0, 1}));
}

TEST_P(StackReturnContract, ACodesCouponReturnedAloneIsACodeAgain) {
  const CodeNumber code = CodeOff(100, 3);
  const auto redemption = RedeemStack({a_, code}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  ASSERT_THAT(ReturnCoupon(redemption->ref, Nth(*redemption, 1)), Succeeds());
  EXPECT_EQ(View(code)->coupon, std::nullopt);
  EXPECT_EQ(StateOf(a_), CouponState::kRedeemed);
  const auto again = RedeemBy(2, code, "order-2");
  ASSERT_THAT(again, Succeeds());
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_EQ(View(code)->coupon, NumberOf(*again));
  ExpectVerified();
}

TEST_P(StackReturnContract, RefusesWhatCannotComeBack) {
  const core::OpRef redemption = Redeemed();
  ASSERT_THAT(ReturnLines(redemption, {{"1", 1}}), Succeeds());
  const State before = StateNow();
  const auto expect = [&](std::vector<storage::ReturnedLine> lines, const char* field) {
    EXPECT_THAT(ReturnLines(redemption, std::move(lines)),
                RefusesWith(Reason::kInvalidField, "field", field));
  };
  expect({{"3", 1}}, "lines[0].line_id");
  expect({{"2", 1}, {"", 1}}, "lines[1].line_id");
  expect({{"1", 1}, {"2", 1}, {"1", 1}}, "lines[2].line_id");
  expect({{"1", 2}}, "lines[0].quantity");
  expect({{"1", 1}, {"2", 2}}, "lines[1].quantity");
  expect({{"2", 0}}, "lines[0].quantity");
  expect({{"2", -1}}, "lines[0].quantity");
  ExpectUnchangedSince(before);
  EXPECT_EQ(Returns(redemption).size(), 1u);
  core::OpRef unknown = redemption;
  unknown.field[3] ^= 1;
  EXPECT_THAT(ReturnLines(unknown, {{"1", 1}}), Refuses(Reason::kRedemptionNotFound));
  EXPECT_THAT(ReturnCoupon(unknown, a_), Refuses(Reason::kRedemptionNotFound));
}

TEST_P(StackReturnContract, OneReturnIsBookedOnce) {
  const core::OpRef redemption = Redeemed();
  storage::RollbackIntent intent;
  intent.op = NewOp(Method::kRollbackRedemption);
  intent.redemption = redemption;
  intent.lines = {{"1", 1}};
  const auto back = Await(store_->redemptions().Rollback(intent));
  ASSERT_THAT(back, Succeeds());
  const State before = StateNow();
  EXPECT_EQ(*Await(store_->redemptions().Rollback(intent)), *back);
  ExpectUnchangedSince(before);
  storage::RollbackIntent other = intent;
  other.op.body[0] = 9;
  EXPECT_THAT(Await(store_->redemptions().Rollback(other)), Refuses(Reason::kRequestIdReused));
  ASSERT_THAT(Rollback(redemption), Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Rollback(intent)), *back);
  EXPECT_EQ(Returns(redemption).size(), 2u);
}

TEST_P(StackReturnContract, AHundredPartsAreTheMost) {
  core::Order order = OrderOf(10);
  order.lines[0].quantity = 150;
  storage::UseIntent intent = Use(Method::kRedeemCoupons, Names{CouponOff(100, 3)}, 1, "order-1");
  Buy(intent, order);
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  int64_t refunded = 0;
  for (int i = 0; i < 100; ++i) {
    const auto back = ReturnLines(redemption->ref, {{"1", 1}});
    ASSERT_THAT(back, Succeeds());
    refunded += back->refund_minor;
  }
  EXPECT_THAT(ReturnLines(redemption->ref, {{"1", 1}}), Refuses(Reason::kTooManyReturns));
  EXPECT_THAT(ReturnCoupon(redemption->ref, NumberOf(*redemption)), Refuses(Reason::kTooManyReturns));
  EXPECT_EQ(Returns(redemption->ref).size(), 100u);
  // But for what is left.
  const auto rest = Rollback(redemption->ref);
  ASSERT_THAT(rest, Succeeds());
  EXPECT_TRUE(rest->whole);
  EXPECT_EQ(refunded + rest->refund_minor, 1'400);
  EXPECT_EQ(SumsOf(2), (Sums{0, 0, 1}));
  ExpectVerified();
}

}  // namespace
}  // namespace tessera::contract
