// Quotas of users, and limits that count days.

#include "store_contract.h"
#include "test_zones.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::Reason;
using storage::ReservedPolicy;

// Room for a dozen calls on a busy machine before the day ends.
constexpr int64_t kBeforeMidnightMs = 2'500;

class QuotaContract : public StoreContract {
 protected:
  // A campaign whose day ends soon. What belongs to that day must be done at once, the rest after
  // AwaitMidnight.
  CampaignDefinition NearMidnight() {
    midnight_ = (Now() + kBeforeMidnightMs) / 1000 * 1000;
    CampaignDefinition definition = Definition();
    definition.time_zone = ZoneWithMidnightAt(midnight_);
    return definition;
  }
  void AwaitMidnight() { store_->WaitUntil(midnight_); }
  core::Window Today() const {
    constexpr int64_t kDayMs = 86'400'000;
    return {midnight_ - kDayMs, midnight_};
  }
  core::Window Tomorrow() const {
    return {Today().end_ms, Today().end_ms + (Today().end_ms - Today().start_ms)};
  }

  core::InstantMs midnight_ = 0;
};
TESSERA_CONTRACT(QuotaContract);

TEST_P(QuotaContract, AUserGetsExactlyTheQuota) {
  CampaignDefinition definition = Definition();
  definition.limits.per_user_total = 3;
  const std::string id = Active(definition);
  for (int64_t left = 2; left >= 0; --left) {
    const auto issued = Claim(id, User(1));
    ASSERT_THAT(issued, Succeeds());
    EXPECT_EQ(issued->quota, (storage::QuotaLeft{left, std::nullopt, std::nullopt}));
  }
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
}

TEST_P(QuotaContract, QuotasAreOfOneUserAndOneCampaign) {
  CampaignDefinition definition = Definition();
  definition.limits.per_user_total = 1;
  const std::string first = Active(definition);
  const std::string second = Active(definition);
  EXPECT_THAT(Claim(first, User(1)), Succeeds());
  EXPECT_THAT(Claim(second, User(1)), Succeeds());
  EXPECT_THAT(Claim(first, UserBeside(1)), Succeeds());
  EXPECT_THAT(Claim(first, User(1)), Refuses(Reason::kUserQuota));
}

TEST_P(QuotaContract, AUserGetsTheDaysQuotaEachDay) {
  CampaignDefinition definition = NearMidnight();
  definition.limits.per_user_per_day = 2;
  const std::string id = Active(definition);
  for (const core::Window& day : {Today(), Tomorrow()}) {
    for (int64_t left = 1; left >= 0; --left) {
      const auto issued = Claim(id, User(1));
      ASSERT_THAT(issued, Succeeds());
      EXPECT_EQ(issued->quota, (storage::QuotaLeft{std::nullopt, left, day.end_ms}));
    }
    EXPECT_THAT(Claim(id, User(1)),
                RefusesWith(Reason::kUserQuotaPerDay, "resets_at", InstantText(day.end_ms)));
    EXPECT_THAT(Claim(id, User(2)), Succeeds());
    AwaitMidnight();
  }
}

TEST_P(QuotaContract, TheTotalQuotaRunsOverDays) {
  CampaignDefinition definition = NearMidnight();
  definition.limits.per_user_total = 3;
  definition.limits.per_user_per_day = 2;
  const std::string id = Active(definition);
  EXPECT_EQ(Claim(id, User(1))->quota, (storage::QuotaLeft{2, 1, Today().end_ms}));
  EXPECT_EQ(Claim(id, User(1))->quota, (storage::QuotaLeft{1, 0, Today().end_ms}));
  AwaitMidnight();
  EXPECT_EQ(Claim(id, User(1))->quota, (storage::QuotaLeft{0, 1, Tomorrow().end_ms}));
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
}

TEST_P(QuotaContract, TheDayIsTheCampaignsOwn) {
  CampaignDefinition definition = Definition();
  definition.limits.per_user_per_day = 5;
  for (const char* zone : {"UTC", "Asia/Kathmandu", "Pacific/Auckland", "America/Los_Angeles"}) {
    definition.time_zone = zone;
    const auto issued = Claim(Active(definition), User(1));
    ASSERT_THAT(issued, Succeeds());
    EXPECT_EQ(issued->quota.reset_time_ms, DayWindowFor(zone, issued->issue_time_ms).end_ms) << zone;
  }
}

TEST_P(QuotaContract, TheDaysStockIsExactEachDay) {
  CampaignDefinition definition = NearMidnight();
  definition.limits.stock_per_day = 4;
  const std::string id = Active(definition);
  uint32_t user = 0;
  for (const core::Window& day : {Today(), Tomorrow()}) {
    for (uint32_t i = 0; i < 4; ++i) EXPECT_THAT(Claim(id, User(user++)), Succeeds());
    EXPECT_THAT(Claim(id, User(user)),
                RefusesWith(Reason::kStockPerDay, "resets_at", InstantText(day.end_ms)));
    AwaitMidnight();
  }
}

TEST_P(QuotaContract, TheTotalStockRunsOverDays) {
  CampaignDefinition definition = NearMidnight();
  definition.limits.stock_per_day = 3;
  definition.limits.stock_total = 4;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_THAT(Claim(id, User(i)), Succeeds());
  EXPECT_THAT(Claim(id, User(3)), Refuses(Reason::kStockPerDay));
  AwaitMidnight();
  EXPECT_THAT(Claim(id, User(3)), Succeeds());
  EXPECT_THAT(Claim(id, User(4)), Refuses(Reason::kStock));
}

TEST_P(QuotaContract, JudgesUserThenDayThenStockThenDaysStock) {
  CampaignDefinition definition = Definition();
  definition.limits = {.stock_total = 1, .stock_per_day = 1, .per_user_total = 1, .per_user_per_day = 1};
  const std::string all = Active(definition);
  EXPECT_THAT(Claim(all, User(1)), Succeeds());
  EXPECT_THAT(Claim(all, User(1)), Refuses(Reason::kUserQuota));
  EXPECT_THAT(Claim(all, User(2)), Refuses(Reason::kStock));
  definition.limits.per_user_total.reset();
  const std::string day = Active(definition);
  EXPECT_THAT(Claim(day, User(1)), Succeeds());
  EXPECT_THAT(Claim(day, User(1)), Refuses(Reason::kUserQuotaPerDay));
  definition.limits.stock_total.reset();
  const std::string stock = Active(definition);
  EXPECT_THAT(Claim(stock, User(1)), Succeeds());
  EXPECT_THAT(Claim(stock, User(2)), Refuses(Reason::kStockPerDay));
}

TEST_P(QuotaContract, JudgesTheWindowBeforeTheQuota) {
  CampaignDefinition definition = Definition();
  definition.limits.per_user_total = 1;
  definition.claim_window.end_ms = Now() + 2'500;
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  store_->WaitUntil(definition.claim_window.end_ms);
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kClaimWindowClosed));
}

TEST_P(QuotaContract, ARefusedClaimSpendsNothing) {
  CampaignDefinition definition = Definition();
  definition.limits = {.stock_total = 2, .stock_per_day = 3, .per_user_total = 1};
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
  EXPECT_THAT(Claim(id, User(2)), Succeeds());
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Claim(id, User(3)), Refuses(Reason::kStock));
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 3; }), Succeeds());
  EXPECT_EQ(Claim(id, User(3))->quota.total, 0);
}

TEST_P(QuotaContract, AChangedDaysStockCountsFromTheNextDayOn) {
  CampaignDefinition definition = NearMidnight();
  definition.limits.stock_per_day = 2;
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_per_day = 4; }), Succeeds());
  EXPECT_THAT(Claim(id, User(2)), Succeeds());
  EXPECT_THAT(Claim(id, User(3)), Refuses(Reason::kStockPerDay));
  AwaitMidnight();
  for (uint32_t i = 3; i < 7; ++i) EXPECT_THAT(Claim(id, User(i)), Succeeds());
  EXPECT_THAT(Claim(id, User(7)), Refuses(Reason::kStockPerDay));
}

TEST_P(QuotaContract, AChangedDaysStockCountsAtOnceWhereNothingWasIssued) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_per_day = 1;
  const std::string id = Active(definition);
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_per_day = 3; }), Succeeds());
  for (uint32_t i = 0; i < 3; ++i) EXPECT_THAT(Claim(id, User(i)), Succeeds());
  EXPECT_THAT(Claim(id, User(3)), Refuses(Reason::kStockPerDay));
}

TEST_P(QuotaContract, AChangedUserQuotaCountsAtOnce) {
  CampaignDefinition definition = Definition();
  definition.limits.per_user_total = 1;
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.per_user_total = 2; }), Succeeds());
  EXPECT_EQ(Claim(id, User(1))->quota.total, 0);
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.per_user_total = 1; }), Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
  EXPECT_THAT(Claim(id, User(2)), Succeeds());
}

TEST_P(QuotaContract, RevocationGivesBackWithTheFlagAlone) {
  CampaignDefinition definition = Definition();
  definition.limits = {.stock_total = 1, .stock_per_day = 1, .per_user_total = 1, .per_user_per_day = 1};
  const std::string id = Active(definition);
  const core::CouponNumber first = Coupon(id, 1);
  ASSERT_THAT(Revoke(first, ReservedPolicy::kWait, true), Succeeds());
  const auto second = Claim(id, User(1));
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->quota.total, 0);
  EXPECT_EQ(second->quota.today, 0);
  EXPECT_NE(second->number, first);
  ASSERT_THAT(Revoke(second->number, ReservedPolicy::kWait, false), Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kStock));
}

TEST_P(QuotaContract, StockComesBackToWhoeverClaimsNext) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 3;
  const std::string id = Active(definition);
  std::vector<core::CouponNumber> coupons;
  for (uint32_t i = 0; i < 3; ++i) coupons.push_back(Coupon(id, i));
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_THAT(Claim(id, User(20 + i)), Refuses(Reason::kStock));
    ASSERT_THAT(Revoke(coupons[i], ReservedPolicy::kWait, true), Succeeds());
    EXPECT_THAT(Claim(id, User(20 + i)), Succeeds());
  }
  EXPECT_EQ(Totals(id).stock_left, 0);
}

TEST_P(QuotaContract, AUnitOfAnEarlierDayDoesNotComeBackToday) {
  CampaignDefinition definition = NearMidnight();
  definition.limits = {.stock_total = 10, .stock_per_day = 1, .per_user_total = 2, .per_user_per_day = 1};
  const std::string id = Active(definition);
  const core::CouponNumber yesterday = Coupon(id, 1);
  AwaitMidnight();
  EXPECT_EQ(Claim(id, User(1))->quota.total, 0);
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
  ASSERT_THAT(Revoke(yesterday, ReservedPolicy::kWait, true), Succeeds());
  // The user's quota for good came back, and is judged first; nothing of today did.
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuotaPerDay));
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kStockPerDay));
  EXPECT_EQ(Totals(id).stock_left, 9);
}

}  // namespace
}  // namespace tessera::contract
