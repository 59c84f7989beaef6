// One coupon of several that can't be used: nothing happens to the others, whatever stands against it.

#include "stack_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using core::Transition;
using storage::ReservedPolicy;

class StackRefusalContract : public Contract<StackFixture> {
 protected:
  // `bad` beside two good coupons and a good code.
  void ExpectNothingHappens(const core::CouponName& bad, Reason reason, std::optional<Reason> held = {}) {
    const CouponNumber a = CouponOff(100);
    const CouponNumber b = CouponOff(200, 1);
    const CodeNumber code = CodeOff(300, 2);
    const State before = StateNow();
    EXPECT_THAT(RedeemStack({a, bad, code, b}, "order-1"), RefusesWith(reason, "coupon", "coupons[1]"));
    EXPECT_THAT(ReserveStack({a, bad, b}, "order-1"),
                RefusesWith(held.value_or(reason), "coupon", "coupons[1]"));
    const auto verdict = Validate(Stack({a, bad, code, b}, "order-1"));
    ASSERT_THAT(verdict, Succeeds());
    EXPECT_EQ(verdict->discount_minor, 600);
    ASSERT_TRUE(std::holds_alternative<core::Error>(verdict->coupons.at(1).says));
    EXPECT_EQ(std::get<core::Error>(verdict->coupons[1].says).reason, reason);
    ExpectUnchangedSince(before);
    Sweep();
    ExpectUnchangedSince(before);
    // The others are as good as before.
    EXPECT_THAT(RedeemStack({a, code, b}, "order-1"), Succeeds());
    ExpectVerified();
  }
  // For a code that nobody can hold, whatever else stands against it.
  void ExpectNothingHappensByCode(CodeNumber code, Reason reason) {
    ExpectNothingHappens(code, reason, Reason::kCodeNotBound);
  }
};
TESSERA_CONTRACT(StackRefusalContract);

TEST_P(StackRefusalContract, AnUnknownCoupon) {
  const CouponNumber coupon = CouponOff(500);
  const core::Shape shape = store_->shape();
  const auto partition = coupon.partition(shape);
  const auto bucket = coupon.bucket(shape);
  ExpectNothingHappens(CouponNumber::Of(shape, partition, bucket, 1'000), Reason::kCouponNotFound);
  ExpectNothingHappens(CouponNumber::Of(shape, partition, (bucket + 1) % shape.buckets, 1'000),
                       Reason::kCouponNotFound);
  ExpectNothingHappens(CouponNumber::Of(shape, (partition + 1) % shape.partitions, bucket, 1'000),
                       Reason::kCouponNotFound);
}

TEST_P(StackRefusalContract, AnotherUsersCoupon) {
  const std::string id = Off(500);
  for (const core::UserKey& user : {User(2), UserBeside(1)}) {
    const auto issued = Claim(id, user);
    ASSERT_THAT(issued, Succeeds());
    ExpectNothingHappens(issued->number, Reason::kCouponOfAnotherUser);
  }
}

TEST_P(StackRefusalContract, ARevokedCoupon) {
  const CouponNumber coupon = CouponOff(500);
  ASSERT_THAT(Revoke(coupon, ReservedPolicy::kWait, false), Succeeds());
  ExpectNothingHappens(coupon, Reason::kCouponRevoked);
}

TEST_P(StackRefusalContract, ARedeemedCoupon) {
  const CouponNumber coupon = CouponOff(500);
  ASSERT_THAT(Redeem(coupon, "order-0"), Succeeds());
  ExpectNothingHappens(coupon, Reason::kCouponAlreadyRedeemed);
}

TEST_P(StackRefusalContract, ACouponThatAnotherOrderHolds) {
  const CouponNumber coupon = CouponOff(500);
  ASSERT_THAT(Reserve(coupon, "order-0"), Succeeds());
  ExpectNothingHappens(coupon, Reason::kCouponReserved);
}

TEST_P(StackRefusalContract, ACouponOfAPausedCampaign) {
  const std::string id =
      Off(500, 0, [](CampaignDefinition& d) { d.pause_scope = core::PauseScope::kIssueAndRedeem; });
  const CouponNumber coupon = Coupon(id, 1);
  const CodeNumber code = WatchedCode(id);
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  ExpectNothingHappens(coupon, Reason::kCampaignPaused);
  ExpectNothingHappensByCode(code, Reason::kCampaignPaused);
}

TEST_P(StackRefusalContract, ACouponBeforeItsTime) {
  const std::string id = Off(500, 0, [&](CampaignDefinition& d) { d.use_window.start_ms = Now() + 600'000; });
  const CouponNumber coupon = Coupon(id, 1);
  const CodeNumber code = WatchedCode(id);
  ExpectNothingHappens(coupon, Reason::kCouponNotYetValid);
  ExpectNothingHappensByCode(code, Reason::kCouponNotYetValid);
}

TEST_P(StackRefusalContract, ACouponAfterItsTime) {
  const core::InstantMs end = Now() + 2'500;
  const std::string id = Off(500, 0, [&](CampaignDefinition& d) { d.use_window.end_ms = end; });
  const CouponNumber coupon = Coupon(id, 1);
  const CodeNumber code = WatchedCode(id);
  store_->WaitUntil(end);
  Sweep();
  ExpectNothingHappens(coupon, Reason::kCouponExpired);
  ExpectNothingHappensByCode(code, Reason::kCouponExpired);
}

TEST_P(StackRefusalContract, ACouponThatTheOrderRefuses) {
  const std::string id = Off(500, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 100'000; });
  const CouponNumber coupon = Coupon(id, 1);
  const CodeNumber code = WatchedCode(id);
  ExpectNothingHappens(coupon, Reason::kMinimumSpendNotMet);
  ExpectNothingHappensByCode(code, Reason::kMinimumSpendNotMet);
}

TEST_P(StackRefusalContract, ACodeThatIsNone) {
  const CodeNumber code{CodeOff(500).value + uint64_t{store_->shape().partitions} * 1'000'000};
  ExpectNothingHappens(code, Reason::kCouponNotFound);
}

TEST_P(StackRefusalContract, ARevokedCode) {
  const CodeNumber code = CodeOff(500);
  ASSERT_THAT(Revoke(code, ReservedPolicy::kWait, false), Succeeds());
  ExpectNothingHappens(code, Reason::kCouponRevoked);
}

TEST_P(StackRefusalContract, ACodeThatIsUsed) {
  const std::string id = Off(500);
  const CodeNumber mine = WatchedCode(id);
  const CodeNumber anothers = WatchedCode(id);
  const CodeNumber bearers = WatchedCode(id);
  const CodeNumber bound = WatchedCode(id);
  ASSERT_THAT(RedeemBy(1, mine, "order-0"), Succeeds());
  ASSERT_THAT(RedeemBy(2, anothers, "order-0"), Succeeds());
  ASSERT_THAT(Redeem(bearers, "order-0"), Succeeds());
  ASSERT_THAT(Bind(bound, 2), Succeeds());
  ExpectNothingHappens(mine, Reason::kCouponAlreadyRedeemed);
  ExpectNothingHappens(anothers, Reason::kCouponOfAnotherUser);
  ExpectNothingHappens(bearers, Reason::kCouponOfAnotherUser);
  ExpectNothingHappens(bound, Reason::kCouponOfAnotherUser);
}

TEST_P(StackRefusalContract, ACodeBeyondTheUsersQuotas) {
  const std::string in_all = Off(500, 0, [](CampaignDefinition& d) { d.limits.per_user_total = 1; });
  ASSERT_THAT(Claim(in_all, User(1)), Succeeds());
  ExpectNothingHappensByCode(WatchedCode(in_all), Reason::kUserQuota);
  const std::string a_day = Off(500, 0, [](CampaignDefinition& d) { d.limits.per_user_per_day = 1; });
  ASSERT_THAT(Claim(a_day, User(1)), Succeeds());
  ExpectNothingHappensByCode(WatchedCode(a_day), Reason::kUserQuotaPerDay);
}

}  // namespace
}  // namespace tessera::contract
