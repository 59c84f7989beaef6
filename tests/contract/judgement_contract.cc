// A judgement of a stack has a time for which it holds, and nothing is used by one that is over. The
// in-memory model judges and does at one instant.

#include <thread>

#include "services/redeemer/second_look.h"
#include "services/redeemer/stack_judge.h"
#include "stack_contract.h"
#include "test_zones.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::InstantMs;
using core::Reason;
using core::WeeklyWindow;
using storage::Candidate;
using storage::CouponState;
using storage::Decide;
using storage::Decision;

class JudgementContract : public Contract<StackFixture> {
 protected:
  // Decides as `first` does, but so slowly that it is over: it holds for the next 300 ms. From then on as
  // `later` does.
  Decide Slowly(Decide first, Decide later) {
    judgements_ = 0;
    return [this, first, later](std::span<const Candidate> candidates, InstantMs now) {
      if (++judgements_ > 1) return later(candidates, now);
      Decision decision = first(candidates, now);
      decision.holds = {now - 1'000, now + 300};
      WaitBlocking(decision.holds.end_ms);
      return decision;
    };
  }
  // Decides as the redeemer does, and answers only when `t` has come.
  Decide AsTheRedeemerAt(InstantMs t, const storage::UseIntent& intent) {
    judgements_ = 0;
    return [this, t, judge = redeemer::StackJudge(intent.order, intent.coupons)](
               std::span<const Candidate> candidates, InstantMs now) {
      ++judgements_;
      const Decision decision = judge(candidates, now);
      WaitBlocking(t);
      return decision;
    };
  }
  // Within a call, where the loop can't run. Longer than Redis' time may differ from what is known of it.
  void WaitBlocking(InstantMs t) {
    while (Now() < t + 20) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  // Whether the redeemer comes to the same bytes from what was stored.
  bool ExplainedTheSame(const core::OpRef& redemption) {
    const auto told = Await(store_->redemptions().Explain(redemption, Soon()));
    EXPECT_THAT(told, Succeeds());
    return told.ok() && redeemer::LookAgain(*told).matches();
  }

  // Midnight comes soon: the last day of a window that ends there, or the first of one that begins there.
  void NearMidnight() {
    midnight_ = (Now() + 2'500) / 1'000 * 1'000;
    zone_ = ZoneWithMidnightAt(midnight_);
  }
  // The day that begins so many days after that midnight. The 1st of January 1970 was a Thursday.
  WeeklyWindow WholeDay(int days_later) const {
    const int64_t day = (midnight_ / 1'000 + 43'200) / 86'400 + days_later;
    return {.day = static_cast<int32_t>((day + 3) % 7), .start_minute = 0, .end_minute = 1'440};
  }
  CouponNumber CouponOn(const WeeklyWindow& window) {
    return CouponOff(500, 0, [&](CampaignDefinition& d) {
      d.time_zone = zone_;
      d.offer.weekly_windows = {window};
    });
  }

  int judgements_ = 0;
  InstantMs midnight_ = 0;
  std::string zone_;
};
TESSERA_CONTRACT(JudgementContract);

TEST_P(JudgementContract, NothingIsUsedByOneThatIsOver) {
  const CouponNumber coupon = CouponOff(500);
  const CodeNumber code = CodeOff(300);
  const State before = StateNow();
  const Decide no = Refusing(Reason::kNotApplicable);
  storage::UseIntent intent = Stack({coupon, code}, "order-1");
  intent.decide = Slowly(intent.decide, no);
  EXPECT_THAT(Redeem(intent), Refuses(Reason::kNotApplicable));
  EXPECT_EQ(judgements_, 2);
  storage::UseIntent hold = Stack({coupon}, "order-1");
  hold.decide = Slowly(hold.decide, no);
  EXPECT_THAT(Reserve(hold), Refuses(Reason::kNotApplicable));
  EXPECT_EQ(judgements_, 2);
  ExpectUnchangedSince(before);
  // The code that was taken for it is free.
  EXPECT_THAT(RedeemBy(2, code, "order-2"), Succeeds());
  EXPECT_THAT(RedeemStack({coupon}, "order-3"), Succeeds());
  ExpectVerified();
}

TEST_P(JudgementContract, WhatIsTakenOffIsByTheNewerOne) {
  const CouponNumber coupon = CouponOff(500);
  storage::UseIntent intent = Stack({coupon}, "order-1");
  core::Order smaller = intent.order;
  smaller.lines.resize(1);
  smaller.lines[0].quantity = 1;
  smaller.lines[0].unit_price_minor = 400;
  intent.decide = Slowly(intent.decide, DecideFor(smaller));
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(judgements_, 2);
  EXPECT_EQ(redeemed->discount_minor, 400);
  EXPECT_EQ(Totals(campaigns_.back()).discount_minor, 400);
}

TEST_P(JudgementContract, NobodyIsRefusedByOneThatIsOver) {
  const CouponNumber coupon = CouponOff(500);
  storage::UseIntent intent = Stack({coupon}, "order-1");
  const Decide yes = intent.decide;
  intent.decide = Slowly(Refusing(Reason::kNotApplicable), yes);
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  EXPECT_EQ(verdict->discount_minor, 500);
  EXPECT_EQ(judgements_, 2);
  intent.decide = Slowly(Refusing(Reason::kNotApplicable), yes);
  EXPECT_THAT(Redeem(intent), Succeeds());
  EXPECT_EQ(judgements_, 2);
}

// Judged by the redeemer before midnight, and done after it.
TEST_P(JudgementContract, AWeeklyWindowThatEndsMeanwhileIsOver) {
  NearMidnight();
  const WeeklyWindow until_midnight = WholeDay(-1);
  const CouponNumber in_time = CouponOn(until_midnight);
  const CouponNumber late = CouponOn(until_midnight);
  storage::UseIntent intent = Stack({in_time}, "order-1");
  intent.decide = AsTheRedeemerAt(0, intent);
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(judgements_, 1);
  intent = Stack({late}, "order-2");
  intent.decide = AsTheRedeemerAt(midnight_, intent);
  const InstantMs next = midnight_ + int64_t{6} * 24 * 3'600'000;
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kOutsideWeeklyWindow, "next_valid_at", InstantText(next)));
  EXPECT_EQ(judgements_, 2);
  EXPECT_EQ(StateOf(late), CouponState::kIssued);
  // What was used in time is explained by its own time.
  EXPECT_TRUE(ExplainedTheSame(redeemed->ref));
}

TEST_P(JudgementContract, AWeeklyWindowThatBeginsMeanwhileHolds) {
  NearMidnight();
  const CouponNumber coupon = CouponOn(WholeDay(0));
  storage::UseIntent intent = Stack({coupon}, "order-1");
  intent.decide = AsTheRedeemerAt(0, intent);
  EXPECT_THAT(Redeem(intent),
              RefusesWith(Reason::kOutsideWeeklyWindow, "next_valid_at", InstantText(midnight_)));
  intent = Stack({coupon}, "order-2");
  intent.decide = AsTheRedeemerAt(midnight_, intent);
  EXPECT_THAT(Redeem(intent), Succeeds());
  EXPECT_EQ(judgements_, 2);
}

// Money of the old day was fetched, and then it is the new one.
TEST_P(JudgementContract, WhatWasLeasedOfADayIsNothingToTheNext) {
  NearMidnight();
  const std::string id = Off(500, 0, [&](CampaignDefinition& d) {
    d.time_zone = zone_;
    d.use_limits.budget_per_day_minor = 1'000;
  });
  storage::UseIntent intent = Stack({Coupon(id, 1)}, "order-1");
  judgements_ = 0;
  intent.decide = [this, judge = redeemer::StackJudge(intent.order, intent.coupons)](
                      std::span<const Candidate> candidates, InstantMs now) {
    const Decision decision = judge(candidates, now);
    if (++judgements_ == 2) WaitBlocking(midnight_);
    return decision;
  };
  ASSERT_THAT(Redeem(intent), Succeeds());
  EXPECT_GE(judgements_, 3);
  EXPECT_GE(Now(), midnight_);
  ExpectVerified();
  EXPECT_THAT(RedeemStack({Coupon(id, 1)}, "order-2"), Succeeds());
  EXPECT_THAT(RedeemStack({Coupon(id, 1)}, "order-3"), Refuses(Reason::kBudgetPerDay));
  ExpectVerified();
}

// Of three coupons of a campaign that has 1250 left the third takes 250, and is told to have.
TEST_P(JudgementContract, WhatABudgetClippedIsExplainedTheSame) {
  const std::string id = Off(500, 0, [](CampaignDefinition& d) {
    d.use_limits.budget_total_minor = 1'250;
    d.use_limits.budget_clips = true;
  });
  const CouponNumber tenth =
      CouponOff(0, 1, [](CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; });
  storage::UseIntent intent = Stack({WatchedCode(id), tenth, Coupon(id, 1), Coupon(id, 1)}, "order-1");
  intent.decide = redeemer::StackJudge(intent.order, intent.coupons);
  const auto redeemed = Redeem(intent);
  ASSERT_THAT(redeemed, Succeeds());
  EXPECT_EQ(redeemed->discount_minor, 1'250 + 375);
  EXPECT_TRUE(ExplainedTheSame(redeemed->ref));
  // Another that finds nothing left, and returns since, change nothing of it.
  EXPECT_THAT(Redeem(Stack({Coupon(id, 1)}, "order-2")), Refuses(Reason::kBudget));
  ASSERT_THAT(ReturnLines(redeemed->ref, {{"2", 1}}), Succeeds());
  EXPECT_TRUE(ExplainedTheSame(redeemed->ref));
}

}  // namespace
}  // namespace tessera::contract
