#include "services/redeemer/coupon_choice.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/convert_error.h"
#include "services/redeemer/stack_judge.h"
#include "tests/unit/services/campaigns.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;
using core::CouponName;
using core::CouponNumber;

// As a store that lets all coupons be used would have AloneJudge answer.
JudgedAlone Judged(CouponName name, const core::Campaign& campaign) {
  JudgedAlone judged{
      name, campaign.id, core::AppliedCoupon(), std::make_shared<core::Campaign>(campaign), {}};
  const storage::Candidate candidate{name, judged.campaign};
  storage::Decision decision = StackJudge(TestOrder(), {})(std::span(&candidate, 1), 0);
  if (auto* stack = std::get_if<core::PricedStack>(&decision.stack)) {
    judged.says = stack->applied.front();
  } else {
    judged.says = std::get<std::vector<storage::RefusedCandidate>>(decision.stack).front().why;
  }
  return judged;
}

JudgedAlone Lost(CouponName name, core::Reason reason) {
  return {name, "five", core::Error(reason, "no"), nullptr, {}};
}

// More than are chosen from: coupons for 10, 11, 12 and so on, of which one can be used.
AloneJudge::Judged SeventyExclusive() {
  AloneJudge::Judged judged;
  for (uint64_t i = 0; i < 70; ++i) {
    const auto minor = 10 + static_cast<int64_t>(i);
    judged.push_back(
        Judged(CouponNumber{i}, Exclusive(AmountCampaign("campaign-" + std::to_string(i), minor))));
  }
  return judged;
}

CouponChoice ChoiceOf(AloneJudge::Judged judged, std::vector<CouponName> listed = {},
                      core::Objective objective = core::Objective::kCustomerMax) {
  CouponChoice choice(TestOrder(), objective, std::move(judged), std::move(listed));
  choice.Choose();
  return choice;
}

const core::Campaign kFive = AmountCampaign("five", 500);
const core::Campaign kTen = Exclusive(AmountCampaign("ten", 1'000));
const core::Campaign kShipping = CampaignOf("shipping", core::FreeShipping{});

TEST(CouponChoiceTest, SaysWhatIsBestAndWhyTheRestIsNot) {
  core::Campaign large = AmountCampaign("large", 900);
  large.definition.offer.minimum_spend_minor = 20'000;
  const auto choice = ChoiceOf({Judged(CouponNumber{1}, kFive), Judged(CouponNumber{2}, kTen),
                                Judged(CouponNumber{3}, kShipping), Judged(CouponNumber{4}, large),
                                Lost(CouponNumber{5}, core::Reason::kCouponReserved)});
  EXPECT_EQ(choice.BestNames(), std::vector<CouponName>{CouponNumber{2}});
  const pb::OptimizeCouponsResponse answer = choice.Answer();
  EXPECT_EQ(answer.best().discount().amount_minor(), 1'000);
  EXPECT_EQ(answer.best().payable().amount_minor(), 9'490);
  EXPECT_EQ(answer.best().coupons(0).applied().coupon_id(), "c-2");
  EXPECT_FALSE(answer.best().coupons(0).has_place());
  EXPECT_EQ(answer.runner_up().discount().amount_minor(), 990);
  EXPECT_EQ(answer.runner_up().coupons_size(), 2);
  EXPECT_TRUE(answer.best_is_proven());
  std::map<std::string, pb::ErrorReason> unused;
  for (const auto& coupon : answer.unused()) unused[coupon.coupon_id()] = coupon.refusal().reason();
  const std::map<std::string, pb::ErrorReason> expected = {{"c-1", pb::ERROR_REASON_COUPON_EXCLUSIVE},
                                                           {"c-3", pb::ERROR_REASON_COUPON_EXCLUSIVE},
                                                           {"c-4", pb::ERROR_REASON_MINIMUM_SPEND_NOT_MET},
                                                           {"c-5", pb::ERROR_REASON_COUPON_RESERVED}};
  EXPECT_EQ(unused, expected);
}

TEST(CouponChoiceTest, AnswersTheSameInWhateverOrderCouponsAreListed) {
  std::vector<CouponName> names = {CouponNumber{1}, CouponNumber{2}, CouponNumber{3}, CouponNumber{4}};
  const std::vector<const core::Campaign*> campaigns = {&kFive, &kTen, &kShipping, &kFive};
  const auto bytes = [&](const std::vector<size_t>& order) {
    AloneJudge::Judged judged;
    for (const size_t i : order) judged.push_back(Judged(names[i], *campaigns[i]));
    return ChoiceOf(std::move(judged)).Answer().SerializeAsString();
  };
  std::vector<size_t> order = {0, 1, 2, 3};
  const std::string first = bytes(order);
  while (std::next_permutation(order.begin(), order.end())) EXPECT_EQ(bytes(order), first);
}

TEST(CouponChoiceTest, CouponsOfTheRequestAreNamedByTheirPlaces) {
  const std::vector<CouponName> listed = {core::CodeNumber{9}, CouponNumber{2}, core::CodeNumber{11}};
  const auto answer = ChoiceOf({Judged(listed[0], kFive), Judged(listed[1], kTen),
                                Lost(listed[2], core::Reason::kCodeUsedUp)},
                               listed)
                          .Answer();
  EXPECT_EQ(answer.best().coupons(0).place(), 1);
  ASSERT_EQ(answer.unused_size(), 2);
  for (const auto& coupon : answer.unused()) {
    EXPECT_EQ(coupon.coupon_id(), "");
    EXPECT_TRUE(coupon.has_place());
  }
  const std::string text = answer.unused(0).refusal().ShortDebugString();
  EXPECT_NE(text.find("coupons[1]"), std::string::npos) << text;
}

TEST(CouponChoiceTest, WhatWasLostIsOutOfTheNextChoice) {
  auto choice = ChoiceOf({Judged(CouponNumber{1}, kFive), Judged(CouponNumber{2}, kTen)});
  choice.Refuse(CouponNumber{2},
                core::Error(core::Reason::kCouponAlreadyRedeemed, "gone").With("coupon", "coupons[0]"));
  choice.Choose();
  EXPECT_EQ(choice.BestNames(), std::vector<CouponName>{CouponNumber{1}});
  const auto answer = choice.Answer();
  EXPECT_FALSE(answer.best_is_proven());
  ASSERT_EQ(answer.unused_size(), 1);
  EXPECT_EQ(answer.unused(0).refusal().reason(), pb::ERROR_REASON_COUPON_ALREADY_REDEEMED);
  EXPECT_EQ(answer.unused(0).refusal().metadata_size(), 0);
}

// Beside others of its campaign, of whose budget they take a part.
TEST(CouponChoiceTest, ACouponThatIsClippedTakesOffWhatIsLeft) {
  auto choice = ChoiceOf({Judged(CouponNumber{1}, kFive), Judged(CouponNumber{3}, kShipping)});
  choice.Limit(CouponNumber{1}, 120);
  choice.Choose();
  const auto answer = choice.Answer();
  EXPECT_EQ(answer.best().discount().amount_minor(), 610);
  EXPECT_FALSE(answer.best_is_proven());
}

// A code that was found to be the coupon that stands beside it.
TEST(CouponChoiceTest, ACouponUnderTwoNamesIsUsedOnce) {
  const std::vector<CouponName> listed = {CouponNumber{1}, core::CodeNumber{9}};
  JudgedAlone by_code = Judged(CouponNumber{1}, kFive);
  by_code.coupon = core::CodeNumber{9};
  const auto answer = ChoiceOf({Judged(CouponNumber{1}, kFive), by_code}, listed).Answer();
  EXPECT_EQ(answer.best().discount().amount_minor(), 500);
  ASSERT_EQ(answer.unused_size(), 1);
  EXPECT_EQ(answer.unused(0).place(), 1);
  EXPECT_EQ(answer.unused(0).refusal().reason(), pb::ERROR_REASON_LISTED_TWICE);
}

TEST(CouponChoiceTest, OfManyThoseThatAreWorthMostAreChosenFrom) {
  const auto answer = ChoiceOf(SeventyExclusive()).Answer();
  EXPECT_EQ(answer.best().discount().amount_minor(), 79);
  EXPECT_FALSE(answer.best_is_proven()) << "six were never looked at";
  EXPECT_EQ(answer.unused_size(), 69);
  int out = 0;
  for (const auto& coupon : answer.unused()) {
    if (coupon.refusal().reason() != pb::ERROR_REASON_TOO_MANY_COUPONS) continue;
    ++out;
    EXPECT_LT(core::CouponNumber::FromId(coupon.coupon_id())->value, 6u);
  }
  EXPECT_EQ(out, 6);
}

// For the merchant's choice those are kept that cost least.
TEST(CouponChoiceTest, OfManyThoseThatCostLeastAreChosenFromForTheMerchant) {
  const auto answer = ChoiceOf(SeventyExclusive(), {}, core::Objective::kMerchantMin).Answer();
  EXPECT_EQ(answer.best().discount().amount_minor(), 10);
  EXPECT_FALSE(answer.best_is_proven());
}

// A gift takes nothing off, and is worth what its campaign says.
TEST(CouponChoiceTest, OfManyAGiftIsKeptForItsWorth) {
  AloneJudge::Judged judged = SeventyExclusive();
  const core::Gift mugs{.sku = "mug", .quantity = 2, .worth_minor = 300};
  judged.push_back(Judged(CouponNumber{99}, Exclusive(CampaignOf("gift", mugs))));
  EXPECT_EQ(ChoiceOf(std::move(judged)).BestNames(), std::vector<CouponName>{CouponNumber{99}});
}

TEST(CouponChoiceTest, IsNotProvenWhereCouponsWereLeftOut) {
  auto choice = ChoiceOf({Judged(CouponNumber{1}, kFive)});
  EXPECT_TRUE(choice.Answer().best_is_proven());
  choice.LeaveSomeOut();
  EXPECT_FALSE(choice.Answer().best_is_proven());
}

TEST(CouponChoiceTest, NothingCanBeUsed) {
  const auto choice = ChoiceOf({Lost(CouponNumber{1}, core::Reason::kCouponNotFound)});
  EXPECT_TRUE(choice.BestNames().empty());
  const auto answer = choice.Answer();
  EXPECT_EQ(answer.best().coupons_size(), 0);
  EXPECT_EQ(answer.best().payable().amount_minor(), 10'490);
  EXPECT_FALSE(answer.has_runner_up());
}

}  // namespace
}  // namespace tessera::redeemer
