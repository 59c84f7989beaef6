// Totals, sweeps and verification.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::Reason;
using storage::CampaignTotals;
using storage::CouponState;
using storage::ReservedPolicy;

class LedgerContract : public StoreContract {
 protected:
  // The totals of a campaign of which nothing was used.
  CampaignTotals Expected(const std::string& campaign_id, int64_t claimed) {
    CampaignTotals totals;
    totals.campaign_id = campaign_id;
    totals.currency = *core::Currency::Parse("EUR", "currency");
    totals.issued = totals.claimed = totals.available_now = claimed;
    return totals;
  }
};
TESSERA_CONTRACT(LedgerContract);

TEST_P(LedgerContract, TotalsRefuseAnUnknownCampaign) {
  EXPECT_THAT(Await(store_->ledger().Totals("nowhere", Soon())), Refuses(Reason::kCampaignNotFound));
}

TEST_P(LedgerContract, TotalsOfANewCampaignAreZero) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 9;
  const std::string id = Draft(definition);
  CampaignTotals expected = Expected(id, 0);
  expected.stock_left = 9;
  EXPECT_EQ(Totals(id), expected);
}

TEST_P(LedgerContract, TotalsAreOfTheEventsApplied) {
  const std::string id = Active();
  ApplyAll();
  Coupon(id, 1);
  EXPECT_EQ(Await(store_->ledger().Totals(id, Soon()))->issued, 0);
  EXPECT_EQ(ApplyAll(), 1);
  EXPECT_EQ(ApplyAll(), 0);
  EXPECT_EQ(Await(store_->ledger().Totals(id, Soon()))->issued, 1);
}

TEST_P(LedgerContract, ApplyStopsAtItsBound) {
  const std::string id = Active();
  for (int i = 0; i < 5; ++i) Coupon(id, 1);
  const uint32_t partition = User(1).partition(store_->shape());
  int64_t applied = 0;
  for (int step = 0; step < 10; ++step) {
    const auto progress = Await(store_->ledger().Apply(partition, 2, Soon()));
    ASSERT_THAT(progress, Succeeds());
    EXPECT_LE(progress->applied, 2);
    applied += progress->applied;
    if (!progress->more) break;
  }
  EXPECT_GE(applied, 5);
  EXPECT_EQ(Await(store_->ledger().Totals(id, Soon()))->issued, 5);
  EXPECT_EQ(Await(store_->ledger().Apply(partition, 2, Soon()))->lag_ms, 0);
}

TEST_P(LedgerContract, CountsSourcesApart) {
  const std::string id = Active();
  uint32_t user = 0;
  for (const auto source :
       {storage::IssueSource::kGrant, storage::IssueSource::kClaim, storage::IssueSource::kBatch}) {
    storage::IssueIntent intent;
    intent.campaign_id = id;
    intent.source = source;
    intent.deadline = Soon();
    intent.items.push_back({NewOp(storage::Method::kIssueCoupon), User(user++)});
    EXPECT_THAT(Issue(intent)[0], Succeeds());
  }
  CampaignTotals expected = Expected(id, 3);
  expected.claimed = 1;
  EXPECT_EQ(Totals(id), expected);
}

TEST_P(LedgerContract, CountsAWholeLife) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 10;
  const std::string id = Active(definition);
  std::vector<core::CouponNumber> coupons;
  for (uint32_t i = 0; i < 6; ++i) coupons.push_back(Coupon(id, i));
  const auto redemption = Redeem(coupons[0], "order-0");
  ASSERT_THAT(redemption, Succeeds());
  const auto committed = Reserve(coupons[1], "order-1");
  ASSERT_THAT(Commit(*committed), Succeeds());
  const auto released = Reserve(coupons[2], "order-2");
  ASSERT_THAT(Release(released->ref), Succeeds());
  ASSERT_THAT(Reserve(coupons[3], "order-3"), Succeeds());
  ASSERT_THAT(Revoke(coupons[4], ReservedPolicy::kWait, true), Succeeds());
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());

  CampaignTotals expected = Expected(id, 6);
  expected.reserved_events = 3;
  expected.redeemed = 2;
  expected.rolled_back = 1;
  expected.revoked = 1;
  expected.released = 1;
  expected.available_now = 3;
  expected.reserved_now = 1;
  expected.redeemed_now = 1;
  expected.discount_minor = 500;
  expected.subtotal_minor = 2000;
  expected.stock_left = 5;
  EXPECT_EQ(Totals(id), expected);
  ExpectVerified();
}

TEST_P(LedgerContract, AKeptCouponStaysRedeemedInTheTotals) {
  CampaignDefinition definition = Definition();
  definition.restore_policy = core::RestorePolicy::kKeepUsed;
  const std::string id = Active(definition);
  ASSERT_THAT(Rollback(Redeem(Coupon(id, 1), "order-1")->ref), Succeeds());
  CampaignTotals expected = Expected(id, 1);
  expected.redeemed = expected.rolled_back = expected.redeemed_now = 1;
  expected.available_now = 0;
  EXPECT_EQ(Totals(id), expected);
  ExpectVerified();
}

TEST_P(LedgerContract, AHoldOfTheSameOrderIsCountedOnceNow) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Reserve(coupon, "order-1"), Succeeds());
  CampaignTotals totals = Totals(id);
  EXPECT_EQ(totals.reserved_events, 3);
  EXPECT_EQ(totals.reserved_now, 1);
  EXPECT_EQ(totals.available_now, 0);
  ASSERT_THAT(Redeem(coupon, "order-1"), Succeeds());
  totals = Totals(id);
  EXPECT_EQ(totals.reserved_now, 0);
  EXPECT_EQ(totals.redeemed_now, 1);
  EXPECT_EQ(totals.available_now, 0);
  ExpectVerified();
}

TEST_P(LedgerContract, AReplayCountsNothing) {
  const std::string id = Active();
  const storage::Operation op = NewOp(storage::Method::kClaimCoupon);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Claim(id, User(1), op), Succeeds());
  EXPECT_EQ(Totals(id), Expected(id, 1));
}

TEST_P(LedgerContract, TotalsSumOverPartitions) {
  const std::string id = Active();
  for (uint32_t i = 0; i < 60; ++i) Coupon(id, i);
  EXPECT_EQ(Totals(id), Expected(id, 60));
  ExpectVerified();
}

TEST_P(LedgerContract, TheSweeperBooksHoldsThatRanOut) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Reserve(Coupon(id, 2), "order-2"), Succeeds());
  const auto reservation = Reserve(coupon, "order-1", 1'200);
  ASSERT_THAT(reservation, Succeeds());
  EXPECT_EQ(Sweep().reservations_expired, 0);
  store_->WaitUntil(reservation->expire_time_ms);
  EXPECT_EQ(Totals(id).reserved_now, 2);
  EXPECT_EQ(Sweep().reservations_expired, 1);
  EXPECT_EQ(Sweep().reservations_expired, 0);
  const CampaignTotals totals = Totals(id);
  EXPECT_EQ(totals.released, 1);
  EXPECT_EQ(totals.reserved_now, 1);
  EXPECT_EQ(totals.available_now, 1);
  EXPECT_THAT(Redeem(coupon, "order-3"), Succeeds());
  ExpectVerified();
}

TEST_P(LedgerContract, AHoldMetAfterItRanOutIsBookedOnce) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  const auto reservation = Reserve(coupon, "order-1", 1'200);
  ASSERT_THAT(reservation, Succeeds());
  store_->WaitUntil(reservation->expire_time_ms);
  ASSERT_THAT(Reserve(coupon, "order-2"), Succeeds());
  Sweep();
  const CampaignTotals totals = Totals(id);
  EXPECT_EQ(totals.reserved_events, 2);
  EXPECT_EQ(totals.released, 1);
  EXPECT_EQ(totals.reserved_now, 1);
  EXPECT_EQ(totals.available_now, 0);
  ExpectVerified();
}

TEST_P(LedgerContract, TheSweeperBooksCouponsWhoseEndHasCome) {
  CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 2'500;
  const std::string id = Active(definition);
  const core::CouponNumber held = Coupon(id, 1);
  Coupon(id, 2);
  ASSERT_THAT(Redeem(Coupon(id, 3), "order-3"), Succeeds());
  ASSERT_THAT(Revoke(Coupon(id, 4), ReservedPolicy::kWait, false), Succeeds());
  ASSERT_THAT(Reserve(held, "order-1"), Succeeds());
  EXPECT_EQ(Sweep().coupons_expired, 0);
  store_->WaitUntil(definition.use_window.end_ms);
  const storage::SweepReport report = Sweep();
  EXPECT_EQ(report.coupons_expired, 2);
  EXPECT_EQ(report.reservations_expired, 1);
  EXPECT_EQ(Sweep().coupons_expired, 0);
  CampaignTotals expected = Expected(id, 4);
  expected.reserved_events = expected.released = 1;
  expected.redeemed = expected.redeemed_now = 1;
  expected.revoked = 1;
  expected.expired = 2;
  expected.available_now = 0;
  expected.discount_minor = 500;
  expected.subtotal_minor = 2000;
  EXPECT_EQ(Totals(id), expected);
  ExpectVerified();
}

TEST_P(LedgerContract, StockLeftIsWhatCanStillBeIssued) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 5;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 3; ++i) Coupon(id, i);
  EXPECT_EQ(Totals(id).stock_left, 2);
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 8; }), Succeeds());
  EXPECT_EQ(Totals(id).stock_left, 5);
  for (uint32_t i = 3; i < 8; ++i) Coupon(id, i);
  EXPECT_EQ(Totals(id).stock_left, 0);
  EXPECT_THAT(Claim(id, User(9)), Refuses(Reason::kStock));
  EXPECT_EQ(Totals(id).stock_left, 0);
}

TEST_P(LedgerContract, VerifyChecksOneCampaignOrAll) {
  const std::string first = Active();
  const std::string second = Active();
  Coupon(first, 1);
  Coupon(second, 2);
  ApplyAll();
  const auto one = Await(store_->ledger().Verify(first, storage::VerifyDepth::kWallets, Soon()));
  const auto all = Await(store_->ledger().Verify("", storage::VerifyDepth::kWallets, Soon()));
  ASSERT_THAT(one, Succeeds());
  ASSERT_THAT(all, Succeeds());
  EXPECT_GT(one->terms_checked, 0);
  EXPECT_GT(all->terms_checked, one->terms_checked);
  EXPECT_TRUE(one->differences.empty());
  EXPECT_TRUE(all->differences.empty());
}

TEST_P(LedgerContract, VerifyHoldsBeforeTheEventsAreApplied) {
  const std::string id = Active();
  ASSERT_THAT(Redeem(Coupon(id, 1), "order-1"), Succeeds());
  const auto verification = Await(store_->ledger().Verify(id, storage::VerifyDepth::kCounters, Soon()));
  ASSERT_THAT(verification, Succeeds());
  EXPECT_TRUE(verification->differences.empty());
}

}  // namespace
}  // namespace tessera::contract
