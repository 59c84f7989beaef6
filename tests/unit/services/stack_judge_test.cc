#include "services/redeemer/stack_judge.h"

#include <gtest/gtest.h>

#include "core/instant.h"
#include "tests/unit/services/campaigns.h"

namespace tessera::redeemer {
namespace {

using core::CodeNumber;
using core::CouponNumber;
using storage::Candidate;
using Refused = std::vector<storage::RefusedCandidate>;

// Monday, the 1st of April 2024, at noon in Berlin.
constexpr core::InstantMs kMondayNoon = 1'711'965'600'000;
constexpr core::InstantMs kHour = 3'600'000;

core::Campaign OnMondays(core::Campaign campaign) {
  campaign.definition.offer.weekly_windows = {{.day = 0, .start_minute = 600, .end_minute = 840}};
  return campaign;
}

std::string Fact(const core::Error& error, const std::string& key) {
  for (const auto& [name, value] : error.metadata) {
    if (name == key) return value;
  }
  return "(none)";
}

TEST(StackJudgeTest, PricesTheStackByItsCandidatesNames) {
  const core::Campaign five = AmountCampaign("five", 500);
  const core::Campaign shipping = CampaignOf("shipping", core::FreeShipping{});
  const std::vector<Candidate> candidates = {{CodeNumber{9}, Shown(shipping)},
                                             {CouponNumber{7}, Shown(five)}};
  const StackJudge judge(TestOrder(), {CodeNumber{9}, CouponNumber{7}});
  const storage::Decision decision = judge(candidates, kMondayNoon);
  const auto& stack = std::get<core::PricedStack>(decision.stack);
  EXPECT_EQ(stack.subtotal_minor, 10'000);
  EXPECT_EQ(stack.discount_minor, 990);
  EXPECT_EQ(stack.payable_minor, 9'500);
  ASSERT_EQ(stack.applied.size(), 2u);
  EXPECT_EQ(stack.applied[0].key, (core::CouponKey{"five", CouponNumber{7}}));
  EXPECT_EQ(stack.applied[1].key, (core::CouponKey{"shipping", CodeNumber{9}}));
  EXPECT_EQ(decision.holds, (core::Window{0, core::kAmountMax}));
}

TEST(StackJudgeTest, RefusalsNameTheirCandidates) {
  const core::Campaign five = AmountCampaign("five", 500);
  const core::Campaign alone = Exclusive(AmountCampaign("alone", 700));
  core::Campaign large = AmountCampaign("large", 900);
  large.definition.offer.minimum_spend_minor = 10'001;
  const std::vector<Candidate> candidates = {
      {CouponNumber{7}, Shown(five)}, {CodeNumber{9}, Shown(alone)}, {CouponNumber{8}, Shown(large)}};
  const StackJudge judge(TestOrder(), {CouponNumber{7}, CodeNumber{9}, CouponNumber{8}});
  // Up front one is refused, since "alone" comes before "five".
  auto decision = judge(candidates, kMondayNoon);
  const auto& refused = std::get<Refused>(decision.stack);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_EQ(refused[0].place, 0u);
  EXPECT_EQ(refused[0].why.reason, core::Reason::kCouponExclusive);
  EXPECT_EQ(Fact(refused[0].why, "other"), "coupons[1]");
  EXPECT_EQ(Fact(refused[0].why, "other_coupon_id"), "(none)");
  EXPECT_EQ(Fact(refused[0].why, "other_campaign_id"), "alone");
  EXPECT_EQ(refused[1].place, 2u);
  // Fewer candidates: places are of those, names in errors are of the request.
  decision = judge(std::span(candidates).subspan(2), kMondayNoon);
  const auto& last = std::get<Refused>(decision.stack);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].place, 0u);
  EXPECT_EQ(last[0].why.reason, core::Reason::kMinimumSpendNotMet);
  EXPECT_EQ(Fact(last[0].why, "missing_minor"), "1");
}

TEST(StackJudgeTest, OfACouponThatIsListedTwiceTheLaterIsRefused) {
  const core::Campaign five = AmountCampaign("five", 500);
  const std::vector<Candidate> candidates = {{CouponNumber{7}, Shown(five)}, {CouponNumber{7}, Shown(five)}};
  const StackJudge judge(TestOrder(), {CouponNumber{7}, CodeNumber{3}});
  const storage::Decision decision = judge(candidates, kMondayNoon);
  const auto& refused = std::get<Refused>(decision.stack);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].place, 1u);
  EXPECT_EQ(refused[0].why.reason, core::Reason::kListedTwice);
  EXPECT_EQ(Fact(refused[0].why, "other"), "coupons[0]");
}

TEST(StackJudgeTest, InsideAWeeklyWindowADecisionHoldsUntilItsEnd) {
  const core::Campaign mondays = OnMondays(AmountCampaign("mondays", 500));
  const std::vector<Candidate> candidates = {{CouponNumber{7}, Shown(mondays)}};
  const storage::Decision decision = StackJudge(TestOrder(), {})(candidates, kMondayNoon);
  EXPECT_TRUE(std::holds_alternative<core::PricedStack>(decision.stack));
  EXPECT_EQ(core::InstantText(decision.holds.start_ms), "2024-04-01T08:00:00.000Z");
  EXPECT_EQ(core::InstantText(decision.holds.end_ms), "2024-04-01T12:00:00.000Z");
}

TEST(StackJudgeTest, OutsideItHoldsUntilTheNext) {
  const core::Campaign mondays = OnMondays(AmountCampaign("mondays", 500));
  const core::Campaign always = AmountCampaign("always", 100);
  const std::vector<Candidate> candidates = {{CouponNumber{6}, Shown(always)},
                                             {CouponNumber{7}, Shown(mondays)}};
  const storage::Decision decision = StackJudge(TestOrder(), {})(candidates, kMondayNoon - 3 * kHour);
  const auto& refused = std::get<Refused>(decision.stack);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].place, 1u);
  EXPECT_EQ(refused[0].why.reason, core::Reason::kOutsideWeeklyWindow);
  EXPECT_EQ(Fact(refused[0].why, "next_valid_at"), "2024-04-01T08:00:00.000Z");
  EXPECT_EQ(core::InstantText(decision.holds.start_ms), "2024-03-25T13:00:00.000Z");
  EXPECT_EQ(core::InstantText(decision.holds.end_ms), "2024-04-01T08:00:00.000Z");
}

// It takes nothing off, so it stands in nobody's way either.
TEST(StackJudgeTest, OneOutsideItsWindowConflictsWithNoOther) {
  const core::Campaign mondays = Exclusive(OnMondays(AmountCampaign("a-mondays", 500)));
  const core::Campaign five = AmountCampaign("five", 500);
  const std::vector<Candidate> candidates = {{CouponNumber{6}, Shown(mondays)},
                                             {CouponNumber{7}, Shown(five)}};
  const storage::Decision decision = StackJudge(TestOrder(), {})(candidates, kMondayNoon - 3 * kHour);
  EXPECT_EQ(std::get<Refused>(decision.stack).size(), 1u);
}

TEST(StackJudgeTest, AZoneThatIsNotKnownAnyMoreRefuses) {
  core::Campaign mondays = OnMondays(AmountCampaign("mondays", 500));
  mondays.definition.time_zone = "Atlantis/Capital";
  const std::vector<Candidate> candidates = {{CouponNumber{7}, Shown(mondays)}};
  const storage::Decision decision = StackJudge(TestOrder(), {})(candidates, kMondayNoon);
  EXPECT_EQ(std::get<Refused>(decision.stack).at(0).why.reason, core::Reason::kOutsideWeeklyWindow);
}

}  // namespace
}  // namespace tessera::redeemer
