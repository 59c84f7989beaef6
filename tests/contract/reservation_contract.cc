// Reservations: reserve, commit, release, and what becomes of a hold.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::Reason;
using core::Transition;
using storage::CouponState;
using storage::Method;
using storage::ReservedPolicy;

constexpr int64_t kShortTtlMs = 1'200;

class ReservationContract : public StoreContract {
 protected:
  // A reservation of a fresh coupon by "order-1"; the test fails when it is refused.
  storage::Reservation Held(int64_t ttl_ms = 60'000) {
    campaign_ = Active();
    const auto reservation = Reserve(Coupon(campaign_, 1), "order-1", ttl_ms);
    EXPECT_THAT(reservation, Succeeds());
    return reservation.ok() ? *reservation : storage::Reservation{};
  }
  core::Result<storage::Redemption> CommitAs(const core::OpRef& ref, int64_t minor, const char* currency) {
    storage::CommitIntent intent;
    intent.op = NewOp(Method::kCommitReservation);
    intent.reservation = ref;
    intent.expected_discount = {minor, *core::Currency::Parse(currency, "currency")};
    return Await(store_->redemptions().Commit(intent));
  }

  std::string campaign_;
};
TESSERA_CONTRACT(ReservationContract);

TEST_P(ReservationContract, AnswersTheReservation) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  storage::ReserveIntent intent;
  intent.use = Use(Method::kReserveCoupons, coupon, "order-1");
  intent.ttl_ms = 60'000;
  const core::InstantMs before = Now();
  const auto reservation = Await(store_->redemptions().Reserve(intent));
  ASSERT_THAT(reservation, Succeeds());
  EXPECT_EQ(reservation->ref.partition, coupon.partition(store_->shape()));
  EXPECT_EQ(reservation->ref.retention, core::Retention::kLong);
  EXPECT_EQ(reservation->ref.field, intent.use.op.field);
  EXPECT_EQ(NumberOf(*reservation), coupon);
  EXPECT_EQ(CampaignOf(*reservation), id);
  EXPECT_EQ(reservation->order_id, "order-1");
  EXPECT_EQ(reservation->currency.code(), "EUR");
  EXPECT_EQ(reservation->subtotal_minor, 2000);
  EXPECT_EQ(reservation->discount_minor, 500);
  EXPECT_GE(reservation->expire_time_ms, before + 60'000);
  EXPECT_LE(reservation->expire_time_ms, Now() + 60'000);
  const auto shown = GetCoupon(coupon);
  EXPECT_EQ(shown->state, CouponState::kReserved);
  EXPECT_EQ(shown->held_until_ms, reservation->expire_time_ms);
}

TEST_P(ReservationContract, AHoldEndsWithItsCoupon) {
  CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 5'000;
  const auto reservation = Reserve(Coupon(Active(definition), 1), "order-1", 60'000);
  ASSERT_THAT(reservation, Succeeds());
  EXPECT_EQ(reservation->expire_time_ms, definition.use_window.end_ms);
}

TEST_P(ReservationContract, CommitTurnsItIntoARedemption) {
  const storage::Reservation reservation = Held();
  const auto redemption = Commit(reservation);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_NE(redemption->ref, reservation.ref);
  EXPECT_EQ(redemption->ref.partition, reservation.ref.partition);
  EXPECT_EQ(NumberOf(*redemption), NumberOf(reservation));
  EXPECT_EQ(CampaignOf(*redemption), CampaignOf(reservation));
  EXPECT_EQ(redemption->order_id, "order-1");
  EXPECT_EQ(redemption->currency, reservation.currency);
  EXPECT_EQ(redemption->subtotal_minor, 2000);
  EXPECT_EQ(redemption->discount_minor, 500);
  EXPECT_EQ(GetCoupon(NumberOf(reservation))->redemption, redemption->ref);
  const auto view = Await(store_->redemptions().GetRedemption(redemption->ref, Soon()));
  ASSERT_THAT(view, Succeeds());
  EXPECT_EQ(view->redemption, *redemption);
}

TEST_P(ReservationContract, CommitRefusesAnUnknownReservation) {
  storage::Reservation reservation = Held();
  reservation.ref.field[5] ^= 1;
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationNotFound));
  reservation.ref.field[5] ^= 1;
  reservation.ref.partition = 1023;
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationNotFound));
}

TEST_P(ReservationContract, CommitRefusesWhatIsNoReservation) {
  storage::Reservation reservation = Held();
  reservation.ref = Redeem(NumberOf(reservation), "order-1")->ref;
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationNotFound));
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationNotFound));
}

TEST_P(ReservationContract, CommitRefusesAReleasedReservation) {
  const storage::Reservation reservation = Held();
  ASSERT_THAT(Release(reservation.ref), Succeeds());
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationReleased));
}

TEST_P(ReservationContract, CommitRefusesACommittedReservationAndNamesTheRedemption) {
  const storage::Reservation reservation = Held();
  const auto redemption = Commit(reservation);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_THAT(Commit(reservation),
              RefusesWith(Reason::kReservationCommitted, "redemption_id", redemption->ref.ToId('r')));
}

TEST_P(ReservationContract, CommitRefusesAnotherOrderWhenItIsNamed) {
  const storage::Reservation reservation = Held();
  storage::CommitIntent intent;
  intent.op = NewOp(Method::kCommitReservation);
  intent.reservation = reservation.ref;
  intent.expected_discount = {500, reservation.currency};
  intent.order_id = "order-2";
  EXPECT_THAT(Await(store_->redemptions().Commit(intent)), Refuses(Reason::kReservationOfAnotherOrder));
  intent.order_id = "order-1";
  EXPECT_THAT(Await(store_->redemptions().Commit(intent)), Succeeds());
  intent.op = NewOp(Method::kCommitReservation);
  EXPECT_THAT(Await(store_->redemptions().Commit(intent)), Refuses(Reason::kReservationCommitted));
  intent.order_id = "order-2";
  EXPECT_THAT(Await(store_->redemptions().Commit(intent)), Refuses(Reason::kReservationOfAnotherOrder));
}

TEST_P(ReservationContract, CommitRefusesAnotherAmount) {
  const storage::Reservation reservation = Held();
  EXPECT_THAT(CommitAs(reservation.ref, 499, "EUR"),
              RefusesWith(Reason::kAmountMismatch, "reserved_minor", "500"));
  EXPECT_THAT(CommitAs(reservation.ref, 501, "EUR"), Refuses(Reason::kAmountMismatch));
  EXPECT_THAT(CommitAs(reservation.ref, 500, "EUR"), Succeeds());
}

TEST_P(ReservationContract, CommitRefusesAnotherCurrencyBeforeAnotherAmount) {
  const storage::Reservation reservation = Held();
  EXPECT_THAT(CommitAs(reservation.ref, 500, "USD"), Refuses(Reason::kCurrencyMismatch));
  EXPECT_THAT(CommitAs(reservation.ref, 1, "USD"), Refuses(Reason::kCurrencyMismatch));
}

TEST_P(ReservationContract, CommitJudgesItsStateBeforeTheAmount) {
  const storage::Reservation released = Held();
  ASSERT_THAT(Release(released.ref), Succeeds());
  EXPECT_THAT(CommitAs(released.ref, 1, "USD"), Refuses(Reason::kReservationReleased));
  const storage::Reservation committed = Held();
  ASSERT_THAT(Commit(committed), Succeeds());
  EXPECT_THAT(CommitAs(committed.ref, 1, "EUR"), Refuses(Reason::kReservationCommitted));
}

TEST_P(ReservationContract, CommitJudgesTheAmountBeforeTheHold) {
  const storage::Reservation reservation = Held(kShortTtlMs);
  store_->WaitUntil(reservation.expire_time_ms);
  EXPECT_THAT(CommitAs(reservation.ref, 1, "EUR"), Refuses(Reason::kAmountMismatch));
  EXPECT_THAT(CommitAs(reservation.ref, 500, "EUR"), Refuses(Reason::kReservationFenced));
}

TEST_P(ReservationContract, CommitRefusesAfterTheHoldRanOut) {
  const storage::Reservation reservation = Held(kShortTtlMs);
  store_->WaitUntil(reservation.expire_time_ms);
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationFenced));
  EXPECT_EQ(StateOf(NumberOf(reservation)), CouponState::kIssued);
}

TEST_P(ReservationContract, CommitRefusesAfterAnotherOrderTookTheCoupon) {
  const storage::Reservation reservation = Held(kShortTtlMs);
  store_->WaitUntil(reservation.expire_time_ms);
  const auto other = Reserve(NumberOf(reservation), "order-2");
  ASSERT_THAT(other, Succeeds());
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Commit(*other), Succeeds());
}

TEST_P(ReservationContract, APauseDoesNotStopACommit) {
  CampaignDefinition definition = Definition();
  definition.pause_scope = core::PauseScope::kIssueAndRedeem;
  const std::string id = Active(definition);
  const auto reservation = Reserve(Coupon(id, 1), "order-1");
  ASSERT_THAT(reservation, Succeeds());
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  EXPECT_THAT(Commit(*reservation), Succeeds());
}

TEST_P(ReservationContract, AnEndStopsNoCommit) {
  const storage::Reservation reservation = Held();
  ASSERT_THAT(Move(campaign_, Transition::kEnd), Succeeds());
  EXPECT_THAT(Commit(reservation), Succeeds());
}

TEST_P(ReservationContract, ReleaseMakesTheCouponUsable) {
  const storage::Reservation reservation = Held();
  const core::InstantMs before = Now();
  const auto released = Release(reservation.ref);
  ASSERT_THAT(released, Succeeds());
  EXPECT_EQ(released->reservation, reservation.ref);
  EXPECT_GE(released->release_time_ms, before);
  EXPECT_LE(released->release_time_ms, Now());
  EXPECT_EQ(StateOf(NumberOf(reservation)), CouponState::kIssued);
  EXPECT_THAT(Redeem(NumberOf(reservation), "order-2"), Succeeds());
}

TEST_P(ReservationContract, ASecondReleaseAnswersAsTheFirst) {
  const storage::Reservation reservation = Held();
  const auto first = Release(reservation.ref);
  ASSERT_THAT(first, Succeeds());
  Wait(5);
  EXPECT_EQ(*Release(reservation.ref), *first);
  ASSERT_THAT(Reserve(NumberOf(reservation), "order-2"), Succeeds());
  EXPECT_EQ(*Release(reservation.ref), *first);
  EXPECT_EQ(StateOf(NumberOf(reservation)), CouponState::kReserved);
}

TEST_P(ReservationContract, ReleaseRefusesAnUnknownReservation) {
  storage::Reservation reservation = Held();
  reservation.ref.period -= 1;
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationNotFound));
  reservation.ref.partition = 1023;
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationNotFound));
}

TEST_P(ReservationContract, ReleaseRefusesACommittedReservation) {
  const storage::Reservation reservation = Held();
  const auto redemption = Commit(reservation);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_THAT(Release(reservation.ref),
              RefusesWith(Reason::kReservationCommitted, "redemption_id", redemption->ref.ToId('r')));
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationCommitted));
}

TEST_P(ReservationContract, ReleaseRefusesAfterTheHoldRanOut) {
  const storage::Reservation reservation = Held(kShortTtlMs);
  store_->WaitUntil(reservation.expire_time_ms);
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationFenced));
}

TEST_P(ReservationContract, TheSameOrderReservesAgainAndTheOldOneIsFenced) {
  const storage::Reservation first = Held();
  const auto second = Reserve(NumberOf(first), "order-1", 120'000);
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(GetCoupon(NumberOf(first))->held_until_ms, second->expire_time_ms);
  EXPECT_THAT(Commit(first), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Release(first.ref), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Commit(*second), Succeeds());
}

TEST_P(ReservationContract, TheSameOrderMayShortenItsHold) {
  const storage::Reservation first = Held(60'000);
  const auto second = Reserve(NumberOf(first), "order-1", kShortTtlMs);
  ASSERT_THAT(second, Succeeds());
  store_->WaitUntil(second->expire_time_ms);
  EXPECT_EQ(StateOf(NumberOf(first)), CouponState::kIssued);
  EXPECT_THAT(Reserve(NumberOf(first), "order-2"), Succeeds());
}

TEST_P(ReservationContract, TheSameOrderRedeemsAtOnceAndTheReservationIsFenced) {
  const storage::Reservation reservation = Held();
  EXPECT_THAT(Validate(NumberOf(reservation), "order-1"), Succeeds());
  ASSERT_THAT(Redeem(NumberOf(reservation), "order-1"), Succeeds());
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationFenced));
  EXPECT_EQ(StateOf(NumberOf(reservation)), CouponState::kRedeemed);
}

TEST_P(ReservationContract, AHoldThatRanOutIsNotThere) {
  const storage::Reservation reservation = Held(kShortTtlMs);
  EXPECT_THAT(Redeem(NumberOf(reservation), "order-2"), Refuses(Reason::kCouponReserved));
  store_->WaitUntil(reservation.expire_time_ms);
  EXPECT_EQ(StateOf(NumberOf(reservation)), CouponState::kIssued);
  EXPECT_EQ(GetCoupon(NumberOf(reservation))->held_until_ms, std::nullopt);
  EXPECT_THAT(Validate(NumberOf(reservation), "order-2"), Succeeds());
  EXPECT_THAT(Redeem(NumberOf(reservation), "order-2"), Succeeds());
}

TEST_P(ReservationContract, ARevocationThatBreaksTheHoldFencesTheReservation) {
  const storage::Reservation reservation = Held();
  ASSERT_THAT(Revoke(NumberOf(reservation), ReservedPolicy::kBreak, false), Succeeds());
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Release(reservation.ref), Refuses(Reason::kReservationFenced));
}

TEST_P(ReservationContract, ARolledBackCommitLeavesTheReservationCommitted) {
  const storage::Reservation reservation = Held();
  const auto redemption = Commit(reservation);
  ASSERT_THAT(redemption, Succeeds());
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_THAT(Commit(reservation), Refuses(Reason::kReservationCommitted));
  EXPECT_EQ(StateOf(NumberOf(reservation)), CouponState::kIssued);
}

}  // namespace
}  // namespace tessera::contract
