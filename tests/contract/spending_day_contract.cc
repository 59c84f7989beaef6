// What using coupons spends by the day: limits of uses and of money that begin anew at the campaign's own
// midnight, and what comes back of a day that is over.

#include "calendar/calendar.h"
#include "spending_contract.h"
#include "test_zones.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CouponNumber;
using core::InstantMs;
using core::Reason;
using core::UseLimits;
using core::Window;
using storage::CouponState;

constexpr InstantMs kDayMs = 86'400'000;

class SpendingDayContract : public Contract<SpendingFixture> {
 protected:
  // A campaign whose day ends soon. What belongs to that day must be done at once, the rest after
  // AwaitMidnight.
  std::string NearMidnight(const std::function<void(CampaignDefinition&)>& change) {
    midnight_ = (Now() + kBeforeMidnightMs) / 1'000 * 1'000;
    return Off(500, 0, [&](CampaignDefinition& d) {
      d.time_zone = zone_ = ZoneWithMidnightAt(midnight_);
      change(d);
    });
  }
  std::string NearMidnightWith(const std::function<void(UseLimits&)>& change) {
    return NearMidnight([&](CampaignDefinition& d) { change(d.use_limits); });
  }
  void AwaitMidnight() {
    ASSERT_LT(Now(), midnight_) << "too slow: what belongs to the day that ends came too late";
    store_->WaitUntil(midnight_);
  }
  calendar::Zone zone() const { return *calendar::LoadZone(zone_, "time_zone"); }

  // Room for a dozen calls on a busy machine before the day ends.
  static constexpr int64_t kBeforeMidnightMs = 2'500;

  InstantMs midnight_ = 0;
  std::string zone_;
};
TESSERA_CONTRACT(SpendingDayContract);

TEST_P(SpendingDayContract, AUsersUsesBeginAnewAtMidnight) {
  const std::string id = NearMidnightWith([](UseLimits& limits) { limits.uses_per_user_per_day = 1; });
  const auto old = RedeemBy(id, 1, "order-1");
  ASSERT_THAT(old, Succeeds());
  EXPECT_THAT(RedeemBy(id, 1, "order-2"),
              RefusesWith(Reason::kUseQuotaPerDay, "resets_at", InstantText(midnight_)));
  AwaitMidnight();
  EXPECT_THAT(RedeemBy(id, 1, "order-3"), Succeeds());
  const std::string next = InstantText(midnight_ + kDayMs);
  EXPECT_THAT(RedeemBy(id, 1, "order-4"), RefusesWith(Reason::kUseQuotaPerDay, "resets_at", next));
  // The old use is undone, and gives this day nothing.
  ASSERT_THAT(Rollback(old->ref), Succeeds());
  EXPECT_EQ(StateOf(NumberOf(*old)), CouponState::kIssued);
  EXPECT_THAT(RedeemBy(id, 1, "order-5"), RefusesWith(Reason::kUseQuotaPerDay, "resets_at", next));
  ExpectVerified();
}

TEST_P(SpendingDayContract, ADaysBudgetBeginsAnewAtMidnight) {
  const std::string id = NearMidnightWith([](UseLimits& limits) {
    limits.budget_total_minor = 1'000;
    limits.budget_per_day_minor = 700;
  });
  const auto old = RedeemBy(id, 1);
  ASSERT_THAT(old, Succeeds());
  const auto refused = RedeemBy(id, 2);
  EXPECT_THAT(refused, RefusesWith(Reason::kBudgetPerDay, "left_minor", "200"));
  EXPECT_THAT(refused, RefusesWith(Reason::kBudgetPerDay, "resets_at", InstantText(midnight_)));
  AwaitMidnight();
  EXPECT_THAT(RedeemBy(id, 2), Succeeds());
  EXPECT_THAT(RedeemBy(id, 3), Refuses(Reason::kBudget));
  // What comes back is the whole budget's, and nothing of it this day's.
  ASSERT_THAT(Rollback(old->ref), Succeeds());
  Sweep();
  const auto again = RedeemBy(id, 3);
  EXPECT_THAT(again, RefusesWith(Reason::kBudgetPerDay, "left_minor", "200"));
  EXPECT_THAT(again, RefusesWith(Reason::kBudgetPerDay, "resets_at", InstantText(midnight_ + kDayMs)));
  storage::UseIntent small = IntentOf(Coupon(id, 4), 4, "order-1");
  Buy(small, 200);
  EXPECT_THAT(Redeem(small), Succeeds());
  EXPECT_EQ(Totals(id).discount_minor, 700);
  ExpectVerified();
}

// What a hold spent is of the day in which it was made, whatever becomes of it.
TEST_P(SpendingDayContract, AHoldSpendsOfItsOwnDay) {
  const std::string id = NearMidnightWith([](UseLimits& limits) {
    limits.budget_per_day_minor = 1'000;
    limits.uses_per_user_per_day = 1;
  });
  const auto committed = ReserveBy(id, 1, "order-1");
  const auto released = ReserveBy(id, 2, "order-2");
  ASSERT_THAT(committed, Succeeds());
  ASSERT_THAT(released, Succeeds());
  EXPECT_THAT(RedeemBy(id, 3), RefusesWith(Reason::kBudgetPerDay, "left_minor", "0"));
  AwaitMidnight();
  const auto redemption = Commit(*committed);
  ASSERT_THAT(redemption, Succeeds());
  for (const uint32_t user : {1, 2}) EXPECT_THAT(RedeemBy(id, user, "order-3"), Succeeds());
  EXPECT_THAT(Release(released->ref), Succeeds());
  EXPECT_THAT(Rollback(redemption->ref), Succeeds());
  Sweep();
  for (const uint32_t user : {1, 2})
    EXPECT_THAT(RedeemBy(id, user, "order-4"), Refuses(Reason::kUseQuotaPerDay));
  EXPECT_THAT(RedeemBy(id, 3), RefusesWith(Reason::kBudgetPerDay, "left_minor", "0"));
  ExpectVerified();
}

// An order that holds its coupon over midnight and asks again spends of the new day then, and gives back to
// the old one.
TEST_P(SpendingDayContract, AnOrderThatReservesAgainAfterMidnightSpendsOfTheNewDay) {
  const std::string id = NearMidnightWith([](UseLimits& limits) {
    limits.budget_per_day_minor = 500;
    limits.uses_per_user_per_day = 1;
  });
  const CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Reserve(IntentOf(coupon, 1, "order-1")), Succeeds());
  AwaitMidnight();
  const auto again = Reserve(IntentOf(coupon, 1, "order-1"));
  ASSERT_THAT(again, Succeeds());
  EXPECT_THAT(RedeemBy(id, 1, "order-2"), Refuses(Reason::kUseQuotaPerDay));
  EXPECT_THAT(RedeemBy(id, 2), RefusesWith(Reason::kBudgetPerDay, "left_minor", "0"));
  EXPECT_THAT(Release(again->ref), Succeeds());
  EXPECT_THAT(RedeemBy(id, 1, "order-3"), Succeeds());
  ExpectVerified();
}

TEST_P(SpendingDayContract, WeeksAndMonthsRunOverDays) {
  const std::string id = NearMidnightWith([](UseLimits& limits) { limits.uses_per_user_per_week = 1; });
  const std::string monthly = Off(500, 0, [&](CampaignDefinition& d) {
    d.time_zone = zone_;
    d.use_limits.uses_per_user_per_month = 1;
  });
  struct Row {
    std::string campaign_id;
    Window window;
    Reason reason;
  };
  const std::vector<Row> rows = {
      {id, calendar::WeekWindow(zone(), midnight_ - 1), Reason::kUseQuotaPerWeek},
      {monthly, calendar::MonthWindow(zone(), midnight_ - 1), Reason::kUseQuotaPerMonth}};
  for (const Row& row : rows) {
    EXPECT_THAT(RedeemBy(row.campaign_id, 1, "order-1"), Succeeds());
    EXPECT_THAT(RedeemBy(row.campaign_id, 1, "order-2"),
                RefusesWith(row.reason, "resets_at", InstantText(row.window.end_ms)));
  }
  AwaitMidnight();
  for (const Row& row : rows) {
    const auto next = RedeemBy(row.campaign_id, 1, "order-3");
    // Unless it was the last day.
    if (row.window.end_ms == midnight_) {
      EXPECT_THAT(next, Succeeds());
    } else {
      EXPECT_THAT(next, RefusesWith(row.reason, "resets_at", InstantText(row.window.end_ms)));
    }
  }
}

// A user claims up to three a day and four in all, and uses one a day and two in all.
TEST_P(SpendingDayContract, ClaimsAndUsesCountByThemselves) {
  const std::string id = NearMidnight([](CampaignDefinition& d) {
    d.limits.per_user_total = 4;
    d.limits.per_user_per_day = 3;
    d.use_limits.uses_per_user_total = 2;
    d.use_limits.uses_per_user_per_day = 1;
  });
  std::vector<CouponNumber> coupons = {Coupon(id, 1), Coupon(id, 1)};
  const auto use = [&](size_t i) { return Redeem(IntentOf(coupons.at(i), 1, "order-" + std::to_string(i))); };
  EXPECT_THAT(use(0), Succeeds());
  EXPECT_THAT(use(1), Refuses(Reason::kUseQuotaPerDay));
  coupons.push_back(Coupon(id, 1));
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuotaPerDay));
  // A code is claimed and used at once.
  const core::CodeNumber code = WatchedCode(id);
  EXPECT_THAT(Redeem(By(1, code, "order-9")), Refuses(Reason::kUserQuotaPerDay));
  AwaitMidnight();
  const auto of_code = Redeem(By(1, code, "order-9"));
  ASSERT_THAT(of_code, Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
  EXPECT_THAT(use(1), Refuses(Reason::kUseQuota));
  // The rollback of a code's use gives both back.
  ASSERT_THAT(Rollback(of_code->ref), Succeeds());
  EXPECT_THAT(use(1), Succeeds());
  EXPECT_THAT(use(2), Refuses(Reason::kUseQuota));
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuota));
  ExpectVerified();
}

}  // namespace
}  // namespace tessera::contract
