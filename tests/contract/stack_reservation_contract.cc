// Reservations of several coupons: held together, and used or given back together.

#include "stack_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using storage::CouponState;
using storage::ReservedPolicy;

constexpr int64_t kShortTtlMs = 1'500;

class StackReservationContract : public Contract<StackFixture> {
 protected:
  void SetUp() override {
    Contract<StackFixture>::SetUp();
    for (int32_t i = 0; i < 3; ++i) coupons_.push_back(CouponOff(100 * (i + 1), i));
  }
  storage::Reservation Held(Names names, const std::string& order_id, int64_t ttl_ms = 60'000) {
    const auto reservation = ReserveStack(std::move(names), order_id, ttl_ms);
    EXPECT_THAT(reservation, Succeeds());
    return reservation.ok() ? *reservation : storage::Reservation{};
  }
  // Of a, b and c.
  std::vector<CouponState> States() {
    std::vector<CouponState> states;
    for (const CouponNumber coupon : coupons_) states.push_back(StateOf(coupon));
    return states;
  }
  std::vector<int64_t> ReservedNow() {
    std::vector<int64_t> counts;
    for (size_t i = 0; i < 3; ++i) counts.push_back(Totals(campaigns_[i]).reserved_now);
    return counts;
  }
  CouponNumber a() const { return coupons_[0]; }
  CouponNumber b() const { return coupons_[1]; }
  CouponNumber c() const { return coupons_[2]; }

  std::vector<CouponNumber> coupons_;
};
TESSERA_CONTRACT(StackReservationContract);

constexpr auto kFree = CouponState::kIssued;
constexpr auto kHeld = CouponState::kReserved;
constexpr auto kUsed = CouponState::kRedeemed;

TEST_P(StackReservationContract, HoldsAllAndCommitsAll) {
  const core::InstantMs before = Now();
  const storage::Reservation held = Held({c(), a(), b()}, "order-1");
  EXPECT_EQ(held.ref.partition, User(1).partition(store_->shape()));
  EXPECT_EQ(held.order_id, "order-1");
  EXPECT_EQ(held.subtotal_minor, 5'000);
  EXPECT_EQ(held.shipping_minor, 500);
  EXPECT_EQ(held.discount_minor, 600);
  EXPECT_EQ(held.line_ids, (std::vector<std::string>{"1", "2"}));
  EXPECT_GE(held.expire_time_ms, before + 60'000);
  EXPECT_LE(held.expire_time_ms, Now() + 60'000);
  ASSERT_EQ(held.coupons.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(held.coupons[i].key, (core::CouponKey{.campaign_id = campaigns_[i], .name = coupons_[i]}));
    EXPECT_EQ(GetCoupon(coupons_[i])->held_until_ms, held.expire_time_ms);
    EXPECT_EQ(Totals(campaigns_[i]).reserved_events, 1);
  }
  EXPECT_EQ(States(), (std::vector{kHeld, kHeld, kHeld}));
  EXPECT_EQ(ReservedNow(), (std::vector<int64_t>{1, 1, 1}));
  EXPECT_THAT(RedeemStack({a(), b()}, "order-2"),
              RefusesWith(Reason::kCouponReserved, "coupon", "coupons[0]"));

  const auto redemption = Commit(held);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->coupons, held.coupons);
  EXPECT_EQ(redemption->line_ids, held.line_ids);
  EXPECT_EQ(redemption->discount_minor, 600);
  EXPECT_EQ(redemption->subtotal_minor, 5'000);
  EXPECT_EQ(redemption->shipping_minor, 500);
  EXPECT_EQ(States(), (std::vector{kUsed, kUsed, kUsed}));
  for (size_t i = 0; i < 3; ++i) {
    const storage::CampaignTotals totals = Totals(campaigns_[i]);
    EXPECT_EQ(totals.reserved_now, 0);
    EXPECT_EQ(totals.redeemed_now, 1);
    EXPECT_EQ(totals.discount_minor, 100 * static_cast<int64_t>(i + 1));
    EXPECT_EQ(totals.subtotal_minor, 5'000);
  }
  EXPECT_EQ(Await(store_->redemptions().GetRedemption(redemption->ref, Soon()))->redemption, *redemption);
  ExpectVerified();
}

TEST_P(StackReservationContract, EndsWithTheFirstOfItsCoupons) {
  const core::InstantMs end = Now() + 30'000;
  const CouponNumber soon = CouponOff(50, 5, [&](CampaignDefinition& d) { d.use_window.end_ms = end; });
  const storage::Reservation held = Held({a(), soon}, "order-1", 60'000);
  EXPECT_EQ(held.expire_time_ms, end);
  EXPECT_EQ(GetCoupon(a())->held_until_ms, end);
}

TEST_P(StackReservationContract, ReleaseGivesAllBack) {
  const storage::Reservation held = Held({a(), b(), c()}, "order-1");
  const auto released = Release(held.ref);
  ASSERT_THAT(released, Succeeds());
  EXPECT_EQ(States(), (std::vector{kFree, kFree, kFree}));
  EXPECT_EQ(ReservedNow(), (std::vector<int64_t>{0, 0, 0}));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(Totals(campaigns_[i]).released, 1);
  EXPECT_EQ(*Release(held.ref), *released);
  EXPECT_THAT(Commit(held), Refuses(Reason::kReservationReleased));
  EXPECT_THAT(RedeemStack({a(), b(), c()}, "order-2"), Succeeds());
  ExpectVerified();
}

TEST_P(StackReservationContract, RunsOutForAllOfThem) {
  const storage::Reservation held = Held({a(), b()}, "order-1", kShortTtlMs);
  store_->WaitUntil(held.expire_time_ms);
  EXPECT_EQ(States(), (std::vector{kFree, kFree, kFree}));
  EXPECT_THAT(Commit(held), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Release(held.ref), Refuses(Reason::kReservationFenced));
  EXPECT_EQ(Sweep().reservations_expired, 2);
  EXPECT_EQ(ReservedNow(), (std::vector<int64_t>{0, 0, 0}));
  EXPECT_EQ(Totals(campaigns_[0]).released, 1);
  EXPECT_EQ(Totals(campaigns_[1]).released, 1);
  ExpectVerified();
}

TEST_P(StackReservationContract, ARunOutHoldOfOneCouponIsBookedOnceWhereItIsMet) {
  const storage::Reservation held = Held({a(), b()}, "order-1", kShortTtlMs);
  store_->WaitUntil(held.expire_time_ms);
  ASSERT_THAT(RedeemStack({b(), c()}, "order-2"), Succeeds());
  Sweep();
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(Totals(campaigns_[i]).released, 1);
  EXPECT_EQ(Totals(campaigns_[2]).released, 0);
  EXPECT_EQ(States(), (std::vector{kFree, kUsed, kUsed}));
  ExpectVerified();
}

TEST_P(StackReservationContract, TheSameOrderReservesAllOfThemAgain) {
  const storage::Reservation first = Held({a(), b()}, "order-1");
  const storage::Reservation second = Held({b(), a()}, "order-1", 120'000);
  EXPECT_EQ(GetCoupon(a())->held_until_ms, second.expire_time_ms);
  EXPECT_THAT(Commit(first), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Release(first.ref), Refuses(Reason::kReservationFenced));
  EXPECT_EQ(ReservedNow(), (std::vector<int64_t>{1, 1, 0}));
  EXPECT_EQ(Totals(campaigns_[0]).reserved_events, 2);
  EXPECT_EQ(Totals(campaigns_[0]).released, 0);
  EXPECT_THAT(Commit(second), Succeeds());
  ExpectVerified();
}

TEST_P(StackReservationContract, AReservationThatLostACouponCommitsNothingAndGivesBackTheRest) {
  const storage::Reservation first = Held({a(), b()}, "order-1");
  const storage::Reservation second = Held({b(), c()}, "order-1");
  EXPECT_EQ(States(), (std::vector{kHeld, kHeld, kHeld}));
  EXPECT_EQ(GetCoupon(a())->held_until_ms, first.expire_time_ms);
  EXPECT_EQ(GetCoupon(b())->held_until_ms, second.expire_time_ms);
  const State before = StateNow();
  EXPECT_THAT(Commit(first), Refuses(Reason::kReservationFenced));
  ExpectUnchangedSince(before);
  const auto released = Release(first.ref);
  ASSERT_THAT(released, Succeeds());
  EXPECT_EQ(States(), (std::vector{kFree, kHeld, kHeld}));
  EXPECT_EQ(ReservedNow(), (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(Totals(campaigns_[0]).released, 1);
  EXPECT_EQ(Totals(campaigns_[1]).released, 0);
  EXPECT_EQ(*Release(first.ref), *released);
  EXPECT_THAT(Commit(first), Refuses(Reason::kReservationReleased));
  EXPECT_THAT(Commit(second), Succeeds());
  EXPECT_EQ(States(), (std::vector{kFree, kUsed, kUsed}));
  ExpectVerified();
}

TEST_P(StackReservationContract, AReservationThatLostAllIsFenced) {
  const storage::Reservation first = Held({a()}, "order-1");
  const storage::Reservation second = Held({a(), b()}, "order-1");
  EXPECT_THAT(Release(first.ref), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Commit(first), Refuses(Reason::kReservationFenced));
  EXPECT_THAT(Commit(second), Succeeds());
}

TEST_P(StackReservationContract, TheSameOrderUsesOneOfThemAtOnce) {
  const storage::Reservation held = Held({a(), b()}, "order-1");
  ASSERT_THAT(RedeemStack({b(), c()}, "order-1"), Succeeds());
  EXPECT_EQ(States(), (std::vector{kHeld, kUsed, kUsed}));
  EXPECT_EQ(ReservedNow(), (std::vector<int64_t>{1, 0, 0}));
  EXPECT_THAT(Commit(held), Refuses(Reason::kReservationFenced));
  ASSERT_THAT(Release(held.ref), Succeeds());
  EXPECT_EQ(States(), (std::vector{kFree, kUsed, kUsed}));
  ExpectVerified();
}

TEST_P(StackReservationContract, ARevocationOfOneOfThemFencesTheRest) {
  const storage::Reservation held = Held({a(), b()}, "order-1");
  ASSERT_THAT(Revoke(b(), ReservedPolicy::kBreak, false), Succeeds());
  EXPECT_THAT(Commit(held), Refuses(Reason::kReservationFenced));
  EXPECT_EQ(StateOf(a()), kHeld);
  EXPECT_THAT(Release(held.ref), Succeeds());
  EXPECT_EQ(StateOf(a()), kFree);
  ExpectVerified();
}

TEST_P(StackReservationContract, ARefusalTakesNothingFromAnEarlierHold) {
  const storage::Reservation held = Held({a(), b()}, "order-1");
  ASSERT_THAT(Revoke(c(), ReservedPolicy::kWait, false), Succeeds());
  const State before = StateNow();
  EXPECT_THAT(ReserveStack({a(), b(), c()}, "order-1"),
              RefusesWith(Reason::kCouponRevoked, "coupon", "coupons[2]"));
  EXPECT_THAT(RedeemStack({a(), b(), c()}, "order-1"), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(ReserveStack({a(), b()}, "order-2"),
              RefusesWith(Reason::kCouponReserved, "coupon", "coupons[0]"));
  ExpectUnchangedSince(before);
  EXPECT_THAT(Commit(held), Succeeds());
}

TEST_P(StackReservationContract, HoldsNoCodeThatBelongsToNobody) {
  const CodeNumber bound = CodeOff(50, 4);
  const CodeNumber nobodys = CodeOff(60, 5);
  const auto coupon = Bind(bound, 1);
  ASSERT_THAT(coupon, Succeeds());
  const State before = StateNow();
  storage::UseIntent intent = Stack({a(), bound, nobodys}, "order-1");
  EXPECT_THAT(Reserve(intent), RefusesWith(Reason::kCodeNotBound, "coupon", "coupons[2]"));
  ExpectUnchangedSince(before);
  intent.partial = true;
  const auto held = Reserve(intent);
  ASSERT_THAT(held, Succeeds());
  ASSERT_EQ(held->coupons.size(), 2u);
  EXPECT_EQ(held->coupons[1].key.name, core::CouponName(coupon->number));
  ASSERT_EQ(held->left_out.size(), 1u);
  EXPECT_EQ(held->left_out[0].coupon, core::CouponName(nobodys));
  EXPECT_EQ(held->left_out[0].why.reason, Reason::kCodeNotBound);
  // What was decided then goes on to be said.
  const auto redemption = Commit(*held);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->left_out, held->left_out);
  EXPECT_EQ(View(nobodys)->coupon, std::nullopt);
  ExpectVerified();
}

TEST_P(StackReservationContract, AnswersARepetitionAsTheFirstTime) {
  storage::ReserveIntent intent;
  intent.use = Stack({a(), b()}, "order-1");
  intent.use.op = NewOp(storage::Method::kReserveCoupons);
  intent.ttl_ms = 60'000;
  const auto held = Await(store_->redemptions().Reserve(intent));
  ASSERT_THAT(held, Succeeds());
  ASSERT_THAT(Commit(*held), Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Reserve(intent)), *held);
  intent.use.op.body[0] = 9;
  EXPECT_THAT(Await(store_->redemptions().Reserve(intent)), Refuses(Reason::kRequestIdReused));
}

}  // namespace
}  // namespace tessera::contract
