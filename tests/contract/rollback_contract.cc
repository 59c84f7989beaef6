// Taking redemptions back, and taking coupons back.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::Reason;
using core::RestorePolicy;
using storage::CouponState;
using storage::ReservedPolicy;

class RollbackContract : public StoreContract {
 protected:
  std::string ActiveWith(RestorePolicy policy, int64_t use_for_ms = 600'000) {
    CampaignDefinition definition = Definition();
    definition.restore_policy = policy;
    definition.use_window.end_ms = Now() + use_for_ms;
    return Active(definition);
  }
  storage::Redemption Redeemed(const std::string& campaign_id) {
    const auto redemption = Redeem(Coupon(campaign_id, 1), "order-1");
    EXPECT_THAT(redemption, Succeeds());
    return redemption.ok() ? *redemption : storage::Redemption{};
  }
};
TESSERA_CONTRACT(RollbackContract);

TEST_P(RollbackContract, RestoreMakesTheCouponUsable) {
  const storage::Redemption redemption = Redeemed(ActiveWith(RestorePolicy::kRestore));
  const core::InstantMs before = Now();
  const auto rolled_back = Rollback(redemption.ref);
  ASSERT_THAT(rolled_back, Succeeds());
  EXPECT_EQ(rolled_back->redemption, redemption.ref);
  EXPECT_EQ(rolled_back->refund_minor, 1500);
  EXPECT_EQ(rolled_back->due_minor, 0);
  EXPECT_EQ(rolled_back->coupons.at(0).coupon, NumberOf(redemption));
  EXPECT_EQ(rolled_back->coupons.at(0).returned_minor, 500);
  EXPECT_EQ(rolled_back->coupons.at(0).clawed_minor, 0);
  EXPECT_TRUE(Restored(*rolled_back));
  EXPECT_GE(rolled_back->rollback_time_ms, before);
  EXPECT_LE(rolled_back->rollback_time_ms, Now());
  const auto coupon = GetCoupon(NumberOf(redemption));
  EXPECT_EQ(coupon->state, CouponState::kIssued);
  EXPECT_EQ(coupon->redemption, std::nullopt);
  const auto view = Await(store_->redemptions().GetRedemption(redemption.ref, Soon()));
  ASSERT_THAT(view, Succeeds());
  EXPECT_EQ(view->redemption, redemption);
  EXPECT_EQ(view->returns, (std::vector<storage::RolledBack>{*rolled_back}));
}

TEST_P(RollbackContract, RestoreHoldsPastTheEndToo) {
  const std::string id = ActiveWith(RestorePolicy::kRestore, 2'500);
  const storage::Redemption redemption = Redeemed(id);
  store_->WaitUntil(Get(id).definition.use_window.end_ms);
  EXPECT_EQ(StateOf(NumberOf(redemption)), CouponState::kRedeemed);
  EXPECT_TRUE(Restored(*Rollback(redemption.ref)));
  EXPECT_EQ(StateOf(NumberOf(redemption)), CouponState::kExpired);
  EXPECT_EQ(Sweep().coupons_expired, 1);
  const storage::CampaignTotals totals = Totals(id);
  EXPECT_EQ(totals.expired, 1);
  EXPECT_EQ(totals.available_now, 0);
}

TEST_P(RollbackContract, KeepUsedLeavesTheCouponUsed) {
  const storage::Redemption redemption = Redeemed(ActiveWith(RestorePolicy::kKeepUsed));
  EXPECT_FALSE(Restored(*Rollback(redemption.ref)));
  const auto coupon = GetCoupon(NumberOf(redemption));
  EXPECT_EQ(coupon->state, CouponState::kRedeemed);
  EXPECT_EQ(coupon->redemption, redemption.ref);
  EXPECT_THAT(Redeem(NumberOf(redemption), "order-2"),
              RefusesWith(Reason::kCouponAlreadyRedeemed, "redemption_id", redemption.ref.ToId('r')));
}

TEST_P(RollbackContract, RestoreIfUnexpiredRestoresBeforeTheEnd) {
  const storage::Redemption redemption = Redeemed(ActiveWith(RestorePolicy::kRestoreIfUnexpired));
  EXPECT_TRUE(Restored(*Rollback(redemption.ref)));
  EXPECT_EQ(StateOf(NumberOf(redemption)), CouponState::kIssued);
}

TEST_P(RollbackContract, RestoreIfUnexpiredKeepsUsedAfterTheEnd) {
  const std::string id = ActiveWith(RestorePolicy::kRestoreIfUnexpired, 2'500);
  const storage::Redemption redemption = Redeemed(id);
  store_->WaitUntil(Get(id).definition.use_window.end_ms);
  EXPECT_FALSE(Restored(*Rollback(redemption.ref)));
  EXPECT_EQ(StateOf(NumberOf(redemption)), CouponState::kRedeemed);
}

TEST_P(RollbackContract, TheCampaignsPresentPolicyCounts) {
  const std::string id = ActiveWith(RestorePolicy::kRestore);
  const storage::Redemption redemption = Redeemed(id);
  ASSERT_THAT(Update(id, [](auto& d) { d.restore_policy = RestorePolicy::kKeepUsed; }), Succeeds());
  EXPECT_FALSE(Restored(*Rollback(redemption.ref)));
}

TEST_P(RollbackContract, ASecondRollbackAnswersAsTheFirst) {
  const storage::Redemption redemption = Redeemed(ActiveWith(RestorePolicy::kRestore));
  const auto first = Rollback(redemption.ref);
  ASSERT_THAT(first, Succeeds());
  Wait(5);
  EXPECT_EQ(*Rollback(redemption.ref), *first);
}

TEST_P(RollbackContract, ARestoredCouponIsRedeemedAgainAndTheOldRedemptionStaysRolledBack) {
  const std::string id = ActiveWith(RestorePolicy::kRestore);
  const storage::Redemption first = Redeemed(id);
  const auto rolled_back = Rollback(first.ref);
  ASSERT_THAT(rolled_back, Succeeds());
  const auto second = Redeem(NumberOf(first), "order-2");
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(*Rollback(first.ref), *rolled_back);
  EXPECT_EQ(GetCoupon(NumberOf(first))->redemption, second->ref);
  EXPECT_EQ(Await(store_->redemptions().GetRedemption(first.ref, Soon()))->returns,
            (std::vector<storage::RolledBack>{*rolled_back}));
  EXPECT_TRUE(Await(store_->redemptions().GetRedemption(second->ref, Soon()))->returns.empty());
  ASSERT_THAT(Rollback(second->ref), Succeeds());
  EXPECT_EQ(StateOf(NumberOf(first)), CouponState::kIssued);
}

TEST_P(RollbackContract, RefusesAnUnknownRedemption) {
  storage::Redemption redemption = Redeemed(ActiveWith(RestorePolicy::kRestore));
  redemption.ref.field[0] ^= 1;
  EXPECT_THAT(Rollback(redemption.ref), Refuses(Reason::kRedemptionNotFound));
  redemption.ref.field[0] ^= 1;
  redemption.ref.partition = 1023;
  EXPECT_THAT(Rollback(redemption.ref), Refuses(Reason::kRedemptionNotFound));
}

TEST_P(RollbackContract, RefusesWhatIsNoRedemption) {
  const auto reservation = Reserve(Coupon(Active(), 1), "order-1");
  ASSERT_THAT(reservation, Succeeds());
  EXPECT_THAT(Rollback(reservation->ref), Refuses(Reason::kRedemptionNotFound));
}

TEST_P(RollbackContract, AnEndedOrPausedCampaignsRedemptionIsRolledBack) {
  const std::string id = ActiveWith(RestorePolicy::kRestore);
  const storage::Redemption redemption = Redeemed(id);
  ASSERT_THAT(Move(id, core::Transition::kPause), Succeeds());
  EXPECT_TRUE(Restored(*Rollback(redemption.ref)));
}

class RevokeContract : public StoreContract {};
TESSERA_CONTRACT(RevokeContract);

TEST_P(RevokeContract, AnswersTheRevocation) {
  for (const bool return_stock : {false, true}) {
    const core::CouponNumber coupon = Coupon(Active(), 1);
    const core::InstantMs before = Now();
    const auto revoked = Revoke(coupon, ReservedPolicy::kWait, return_stock);
    ASSERT_THAT(revoked, Succeeds());
    EXPECT_EQ(revoked->coupon, core::CouponName(coupon));
    EXPECT_EQ(revoked->stock_returned, return_stock);
    EXPECT_GE(revoked->revoke_time_ms, before);
    EXPECT_LE(revoked->revoke_time_ms, Now());
    EXPECT_EQ(StateOf(coupon), CouponState::kRevoked);
  }
}

TEST_P(RevokeContract, RefusesAnUnknownCoupon) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const core::CouponNumber next = core::CouponNumber::Of(store_->shape(), coupon.partition(store_->shape()),
                                                         coupon.bucket(store_->shape()), 1);
  EXPECT_THAT(Revoke(next, ReservedPolicy::kWait, false), Refuses(Reason::kCouponNotFound));
  EXPECT_THAT(GetCoupon(next), Refuses(Reason::kCouponNotFound));
}

TEST_P(RevokeContract, RefusesARevokedCoupon) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  ASSERT_THAT(Revoke(coupon, ReservedPolicy::kWait, false), Succeeds());
  EXPECT_THAT(Revoke(coupon, ReservedPolicy::kBreak, true), Refuses(Reason::kCouponRevoked));
}

TEST_P(RevokeContract, RefusesARedeemedCoupon) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto redemption = Redeem(coupon, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_THAT(Revoke(coupon, ReservedPolicy::kBreak, true),
              RefusesWith(Reason::kCouponAlreadyRedeemed, "redemption_id", redemption->ref.ToId('r')));
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_THAT(Revoke(coupon, ReservedPolicy::kBreak, true), Succeeds());
}

TEST_P(RevokeContract, RefusesAnExpiredCouponHeldOrNot) {
  CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 2'500;
  const std::string id = Active(definition);
  const core::CouponNumber held = Coupon(id, 1);
  const core::CouponNumber free = Coupon(id, 2);
  ASSERT_THAT(Reserve(held, "order-1"), Succeeds());
  store_->WaitUntil(definition.use_window.end_ms);
  EXPECT_THAT(Revoke(held, ReservedPolicy::kBreak, false), Refuses(Reason::kCouponExpired));
  EXPECT_THAT(Revoke(free, ReservedPolicy::kBreak, false), Refuses(Reason::kCouponExpired));
  Sweep();
  EXPECT_THAT(Revoke(held, ReservedPolicy::kBreak, false), Refuses(Reason::kCouponExpired));
}

TEST_P(RevokeContract, WaitRefusesAReservedCoupon) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto reservation = Reserve(coupon, "order-1");
  ASSERT_THAT(reservation, Succeeds());
  EXPECT_THAT(Revoke(coupon, ReservedPolicy::kWait, false),
              RefusesWith(Reason::kCouponReserved, "held_until", InstantText(reservation->expire_time_ms)));
  EXPECT_THAT(Commit(*reservation), Succeeds());
}

TEST_P(RevokeContract, BreakReleasesTheHoldWithIt) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Reserve(coupon, "order-1"), Succeeds());
  ASSERT_THAT(Revoke(coupon, ReservedPolicy::kBreak, false), Succeeds());
  EXPECT_EQ(StateOf(coupon), CouponState::kRevoked);
  EXPECT_EQ(GetCoupon(coupon)->held_until_ms, std::nullopt);
  const storage::CampaignTotals totals = Totals(id);
  EXPECT_EQ(totals.revoked, 1);
  EXPECT_EQ(totals.released, 1);
  EXPECT_EQ(totals.reserved_now, 0);
  EXPECT_EQ(totals.available_now, 0);
}

TEST_P(RevokeContract, WaitTakesACouponWhoseHoldRanOut) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto reservation = Reserve(coupon, "order-1", 1'200);
  ASSERT_THAT(reservation, Succeeds());
  store_->WaitUntil(reservation->expire_time_ms);
  EXPECT_THAT(Revoke(coupon, ReservedPolicy::kWait, false), Succeeds());
}

TEST_P(RevokeContract, NeitherPauseNorEndStopsIt) {
  const std::string id = Active();
  const core::CouponNumber first = Coupon(id, 1);
  const core::CouponNumber second = Coupon(id, 2);
  ASSERT_THAT(Move(id, core::Transition::kPause), Succeeds());
  EXPECT_THAT(Revoke(first, ReservedPolicy::kWait, true), Succeeds());
  ASSERT_THAT(Move(id, core::Transition::kEnd), Succeeds());
  EXPECT_THAT(Revoke(second, ReservedPolicy::kWait, true), Succeeds());
}

}  // namespace
}  // namespace tessera::contract
