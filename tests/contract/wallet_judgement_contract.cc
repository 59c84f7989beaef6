// A wallet is judged by what was read of it where that tells as much as the store would.

#include "judged_wallet.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CouponNumber;
using core::InstantMs;
using redeemer::JudgedAlone;
using storage::WalletPage;

class WalletJudgementContract : public Contract<WalletFixture> {
 protected:
  using Says = std::variant<core::AppliedCoupon, core::Error>;
  static bool AreAlike(const Says& one, const Says& other) {
    if (one.index() != other.index()) return false;
    const auto* why = std::get_if<core::Error>(&one);
    if (why == nullptr) return std::get<core::AppliedCoupon>(one) == std::get<core::AppliedCoupon>(other);
    const auto& other_why = std::get<core::Error>(other);
    return why->reason == other_why.reason && why->metadata == other_why.metadata;
  }

  // What is said of one coupon, and nothing else of the order's.
  Says Ask(CouponNumber coupon, const core::Order& order) {
    storage::UseIntent intent = Stack({coupon}, order.order_id);
    intent.order = order;
    intent.decide = redeemer::StackJudge(order, {});
    const auto verdict = Await(store_->redemptions().Validate(std::move(intent)));
    EXPECT_THAT(verdict, Succeeds());
    return verdict.ok() ? verdict->coupons.front().says : core::AppliedCoupon();
  }
};
TESSERA_CONTRACT(WalletJudgementContract);

// Of everything that a coupon can be: what is judged by the page, what the store is asked for, and what a
// validation of the one coupon answers are the same.
TEST_P(WalletJudgementContract, ThePageSaysWhatAValidationOfEachWould) {
  const core::Order order = Stack({CouponNumber{1}}, "order-1").order;
  const auto tenth = [](CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; };
  const std::string paused =
      Off(200, 0, [](CampaignDefinition& d) { d.pause_scope = core::PauseScope::kIssueAndRedeem; });
  const std::string fleeting = Off(300, 0, [this](CampaignDefinition& d) {
    d.validity.lasts_ms = 1'500;
    d.use_window.start_ms = Now() - 1'000;
  });
  const InstantMs yesterday = Now() / 86'400'000 - 1;
  const std::vector<CouponNumber> coupons = {
      CouponOff(500),
      CouponOff(0, 0, tenth),
      CouponOff(400, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 1'000'000; }),
      CouponOff(400, 0, [](CampaignDefinition& d) { d.offer.floor_basis_points = 10'000; }),
      CouponOff(400, 0,
                [&](CampaignDefinition& d) {
                  const auto weekday = static_cast<int32_t>((yesterday + 3) % 7);
                  d.offer.weekly_windows = {{.day = weekday, .start_minute = 0, .end_minute = 600}};
                }),
      CouponOff(400, 0, [](CampaignDefinition& d) { d.validity.wait_ms = 3'600'000; }),
      Coupon(paused, 1),
      Coupon(fleeting, 1),
      CouponOff(400, 0, [](CampaignDefinition& d) { d.use_limits.budget_total_minor = 100; }),
      CouponOff(400, 0,
                [](CampaignDefinition& d) {
                  d.use_limits.budget_total_minor = 100;
                  d.use_limits.budget_clips = true;
                }),
      CouponOff(400, 0, [](CampaignDefinition& d) { d.use_limits.uses_per_user_per_day = 2; }),
  };
  ASSERT_THAT(Move(paused, core::Transition::kPause), Succeeds());
  ASSERT_THAT(ReserveStack({CouponOff(100)}, "order-1"), Succeeds());
  ASSERT_THAT(ReserveStack({CouponOff(100)}, "order-2"), Succeeds());
  ASSERT_THAT(RedeemStack({CouponOff(100)}, "order-3"), Succeeds());

  const WalletPage page = Page(true);
  EXPECT_EQ(page.campaigns.size(), 14u);
  EXPECT_TRUE(Page(false).campaigns.empty());
  Wait(1'600);
  const WalletPage later = Page(true);
  for (const WalletPage* read : {&page, &later}) {
    WalletPage without = *read;
    without.campaigns.clear();
    const std::vector<JudgedAlone> judged = Judge(*read, order);
    const std::vector<JudgedAlone> asked = Judge(without, order);
    ASSERT_EQ(judged.size(), asked.size());
    EXPECT_EQ(judged.size(), read == &page ? 13u : 12u) << "one was used, one ended meanwhile";
    size_t usable = 0;
    for (size_t i = 0; i < judged.size(); ++i) {
      EXPECT_EQ(judged[i].coupon, asked[i].coupon);
      EXPECT_EQ(judged[i].campaign_id, asked[i].campaign_id);
      const auto alone = Ask(std::get<CouponNumber>(judged[i].coupon), order);
      const bool is_fleeting = judged[i].campaign_id == fleeting;
      // It was good when the page was read, and ended since.
      if (is_fleeting && read == &page) {
        EXPECT_TRUE(std::holds_alternative<core::AppliedCoupon>(judged[i].says));
        EXPECT_FALSE(std::holds_alternative<core::AppliedCoupon>(alone));
        continue;
      }
      EXPECT_TRUE(AreAlike(judged[i].says, alone)) << judged[i].campaign_id;
      EXPECT_TRUE(AreAlike(judged[i].says, asked[i].says)) << judged[i].campaign_id;
      if (std::holds_alternative<core::AppliedCoupon>(alone)) ++usable;
    }
    EXPECT_EQ(usable, 5u);
  }
}

// A budget and a limit of uses with room for one use more refuse the second of two coupons in a stack, and
// neither of a wallet; nor of two that one order holds, once it has grown.
TEST_P(WalletJudgementContract, OfAWalletEachIsJudgedAsIfItWereAlone) {
  const std::string poor = Off(500, 0, [](CampaignDefinition& d) { d.use_limits.budget_total_minor = 700; });
  const std::string once = Off(500, 0, [](CampaignDefinition& d) { d.use_limits.uses_per_user_total = 1; });
  const std::string tenth = Off(0, 0, [](CampaignDefinition& d) {
    d.offer.benefit = core::PercentOff{1'000, std::nullopt};
    d.use_limits.budget_total_minor = 1'500;
  });
  for (const std::string& id : {poor, once}) {
    const auto verdict = Validate(Stack({Coupon(id, 1), Coupon(id, 1)}, "order-1"));
    ASSERT_THAT(verdict, Succeeds());
    EXPECT_TRUE(std::holds_alternative<core::Error>(verdict->coupons[1].says)) << id;
  }
  storage::UseIntent intent = Stack({Coupon(tenth, 1), Coupon(tenth, 1)}, "order-1");
  ASSERT_THAT(Reserve(intent), Succeeds());
  for (core::OrderLine& line : intent.order.lines) line.quantity *= 2;
  intent.decide = redeemer::StackJudge(intent.order, intent.coupons);
  const auto larger = Validate(intent);
  ASSERT_THAT(larger, Succeeds());
  EXPECT_TRUE(std::holds_alternative<core::Error>(larger->coupons[1].says));

  const std::vector<JudgedAlone> judged = Judge(Page(true), intent.order);
  EXPECT_EQ(judged.size(), 6u);
  for (const JudgedAlone& one : judged) {
    EXPECT_TRUE(std::holds_alternative<core::AppliedCoupon>(one.says)) << one.campaign_id;
  }
}

}  // namespace
}  // namespace tessera::contract
