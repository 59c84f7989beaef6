#include "services/redeemer/second_look.h"

#include <gtest/gtest.h>

#include "services/redeemer/stack_judge.h"
#include "tests/unit/services/campaigns.h"

namespace tessera::redeemer {
namespace {

using core::CouponName;
using core::CouponNumber;

struct Use {
  CouponName named;     // when it was judged
  CouponNumber coupon;  // that it became
  core::Campaign campaign;
  std::optional<int64_t> discount_max_minor = std::nullopt;
};

// As a store explains a redemption of these coupons.
storage::Explanation ExplanationOf(const std::vector<Use>& uses) {
  storage::Explanation explanation;
  core::Order order = TestOrder();
  order.instant_ms = 1'711'965'600'000;
  std::vector<storage::Candidate> candidates;
  for (const Use& use : uses) candidates.push_back({use.named, Shown(use.campaign), use.discount_max_minor});
  const auto decision = StackJudge(order, {})(candidates, order.instant_ms);
  const auto& stack = std::get<core::PricedStack>(decision.stack);
  storage::Redemption& redemption = explanation.redemption;
  redemption.order_id = order.order_id;
  redemption.currency = order.currency;
  redemption.subtotal_minor = stack.subtotal_minor;
  redemption.shipping_minor = stack.shipping_minor;
  redemption.discount_minor = stack.discount_minor;
  redemption.line_ids = {"line-0", "line-1"};
  for (core::AppliedCoupon applied : stack.applied) {
    const auto use = std::find_if(uses.begin(), uses.end(), [&](const Use& one) {
      return one.named == applied.key.name && one.campaign.id == applied.key.campaign_id;
    });
    applied.key.name = use->coupon;
    redemption.coupons.push_back(applied);
    explanation.receipt.campaign_versions.push_back(use->campaign.version);
    explanation.receipt.discount_max_minor.push_back(use->discount_max_minor);
    explanation.campaigns.push_back(std::make_shared<core::Campaign>(use->campaign));
  }
  explanation.receipt.applied = redemption.coupons;
  explanation.receipt.order = std::move(order);
  return explanation;
}

const core::Campaign kTenth = CampaignOf("tenth", core::PercentOff{.basis_points = 1'000});

TEST(SecondLookTest, ComesToTheSameDecision) {
  const auto out = LookAgain(ExplanationOf({{CouponNumber{7}, CouponNumber{7}, AmountCampaign("five", 500)},
                                            {CouponNumber{3}, CouponNumber{3}, kTenth}}));
  EXPECT_TRUE(out.matches());
  EXPECT_EQ(out.decision().discount().amount_minor(), 1'450);
  EXPECT_EQ(out.decision().coupons(1).lines(1).line_id(), "line-1");
  EXPECT_EQ(out.order().lines_size(), 2);
  EXPECT_EQ(out.order().shipping_minor(), 490);
  EXPECT_EQ(out.judge_time().seconds(), 1'711'965'600);
  ASSERT_EQ(out.campaigns_size(), 2);
  EXPECT_EQ(out.campaigns(0).campaign_id(), "five");
  EXPECT_EQ(out.campaigns(0).judged_version(), 2);
  EXPECT_EQ(out.campaigns(0).present_version(), 2);
}

// By their codes the second came first; by the numbers that they became it comes last.
TEST(SecondLookTest, CouponsThatWereCodesKeepTheirOrder) {
  const auto explanation = ExplanationOf(
      {{core::CodeNumber{1}, CouponNumber{90}, kTenth}, {core::CodeNumber{2}, CouponNumber{80}, kTenth}});
  ASSERT_GT(explanation.redemption.coupons[0].discount_minor,
            explanation.redemption.coupons[1].discount_minor);
  const auto out = LookAgain(explanation);
  EXPECT_TRUE(out.matches()) << out.ShortDebugString();
  EXPECT_EQ(out.decision().coupons(0).coupon_id(), "c-90");
}

TEST(SecondLookTest, TellsAnotherAmount) {
  auto explanation = ExplanationOf({{CouponNumber{7}, CouponNumber{7}, AmountCampaign("five", 500)}});
  explanation.redemption.coupons[0].discount_minor = 501;
  explanation.redemption.coupons[0].lines[0].minor += 1;
  explanation.redemption.discount_minor = 501;
  const auto out = LookAgain(explanation);
  EXPECT_FALSE(out.matches());
  EXPECT_EQ(out.redemption().discount().amount_minor(), 501);
  EXPECT_EQ(out.decision().discount().amount_minor(), 500);
}

TEST(SecondLookTest, TellsWhatWouldBeRefused) {
  auto explanation = ExplanationOf({{CouponNumber{7}, CouponNumber{7}, AmountCampaign("five", 500)},
                                    {CouponNumber{8}, CouponNumber{8}, AmountCampaign("six", 600)}});
  auto six = std::make_shared<core::Campaign>(Exclusive(AmountCampaign("six", 600)));
  six->version = 9;
  explanation.campaigns[1] = six;
  const auto out = LookAgain(explanation);
  EXPECT_FALSE(out.matches());
  EXPECT_EQ(out.campaigns(1).present_version(), 9);
  EXPECT_EQ(out.decision().coupons_size(), 0);
  ASSERT_EQ(out.decision().refused_size(), 1);
  EXPECT_EQ(out.decision().refused(0).coupon_id(), "c-8");
  const auto& refusal = out.decision().refused(0).refusal();
  EXPECT_EQ(refusal.reason(), coupon::v1::ERROR_REASON_COUPON_EXCLUSIVE);
  EXPECT_EQ(refusal.metadata(0).value(), "c-7");
}

// The budget had 1.50 left when it was judged, whatever it has now.
TEST(SecondLookTest, WhatABudgetClippedIsClippedAgain) {
  auto explanation = ExplanationOf({{CouponNumber{7}, CouponNumber{7}, AmountCampaign("five", 500)},
                                    {CouponNumber{8}, CouponNumber{8}, AmountCampaign("six", 600), 150},
                                    {CouponNumber{3}, CouponNumber{3}, kTenth}});
  const auto out = LookAgain(explanation);
  EXPECT_TRUE(out.matches()) << out.ShortDebugString();
  EXPECT_EQ(out.decision().discount().amount_minor(), 500 + 150 + 935);
  explanation.receipt.discount_max_minor[1].reset();
  EXPECT_FALSE(LookAgain(explanation).matches());
}

// It was a Monday when it was judged.
TEST(SecondLookTest, HoursOfTheWeekAreThoseOfTheJudgement) {
  core::Campaign mondays = AmountCampaign("mondays", 500);
  mondays.definition.offer.weekly_windows = {{.day = 0, .start_minute = 600, .end_minute = 840}};
  auto explanation = ExplanationOf({{CouponNumber{7}, CouponNumber{7}, mondays}});
  EXPECT_TRUE(LookAgain(explanation).matches());
  explanation.receipt.order.instant_ms += 2 * 3'600'000;
  const auto out = LookAgain(explanation);
  EXPECT_FALSE(out.matches());
  ASSERT_EQ(out.decision().refused_size(), 1);
  EXPECT_EQ(out.decision().refused(0).refusal().reason(), coupon::v1::ERROR_REASON_OUTSIDE_WEEKLY_WINDOW);
}

}  // namespace
}  // namespace tessera::redeemer
