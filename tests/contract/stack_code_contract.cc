// Codes among the coupons of one order.

#include "stack_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using storage::CouponState;
using storage::Method;

class StackCodeContract : public Contract<StackFixture> {};
TESSERA_CONTRACT(StackCodeContract);

TEST_P(StackCodeContract, ACouponCountsOnceHoweverItIsNamed) {
  const CodeNumber code = CodeOff(500);
  const auto bound = Bind(code, 1);
  ASSERT_THAT(bound, Succeeds());
  const State before = StateNow();
  for (const Names& names : {Names{bound->number, code}, Names{code, bound->number}}) {
    storage::UseIntent intent = Stack(names, "order-1");
    EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kListedTwice, "coupon", "coupons[1]"));
    EXPECT_THAT(Reserve(intent), RefusesWith(Reason::kListedTwice, "coupon", "coupons[1]"));
    const auto verdict = Validate(intent);
    ASSERT_THAT(verdict, Succeeds());
    EXPECT_NE(Applied(verdict->coupons.at(0)), nullptr);
    EXPECT_EQ(Refused(verdict->coupons.at(1)), Reason::kListedTwice);
    EXPECT_EQ(verdict->discount_minor, 500);
  }
  ExpectUnchangedSince(before);
  storage::UseIntent intent = Stack({bound->number, code}, "order-1");
  intent.partial = true;
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(NumberOf(*redemption), bound->number);
  ASSERT_EQ(redemption->left_out.size(), 1u);
  EXPECT_EQ(redemption->left_out[0].coupon, core::CouponName(code));
}

TEST_P(StackCodeContract, CodesOfOneCampaignSpendTheUsersQuotaTogether) {
  const std::string id = Off(100, 0, [](CampaignDefinition& d) { d.limits.per_user_total = 2; });
  Names names = {WatchedCode(id), WatchedCode(id), WatchedCode(id)};
  // Who is listed first has it, not who is applied first.
  std::reverse(names.begin(), names.end());
  const State before = StateNow();
  storage::UseIntent intent = Stack(names, "order-1");
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kUserQuota, "coupon", "coupons[2]"));
  ExpectUnchangedSince(before);
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  EXPECT_EQ(Refused(verdict->coupons.at(2)), Reason::kUserQuota);
  EXPECT_EQ(verdict->discount_minor, 200);
  intent.partial = true;
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->coupons.size(), 2u);
  ASSERT_EQ(redemption->left_out.size(), 1u);
  EXPECT_EQ(redemption->left_out[0].coupon, names[2]);
  EXPECT_THAT(RedeemBy(1, std::get<CodeNumber>(names[2]), "order-2"), Refuses(Reason::kUserQuota));
  EXPECT_THAT(RedeemBy(2, std::get<CodeNumber>(names[2]), "order-2"), Succeeds());
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_THAT(RedeemStack({names[0], names[1]}, "order-3"), Succeeds()) << "the quota came back";
  ExpectVerified();
}

TEST_P(StackCodeContract, CodesOfARefusedStackAreFreeAtOnce) {
  const CodeNumber a = CodeOff(100);
  const CodeNumber b = CodeOff(200);
  const CouponNumber revoked = CouponOff(300);
  ASSERT_THAT(Revoke(revoked, storage::ReservedPolicy::kWait, false), Succeeds());
  EXPECT_THAT(RedeemStack({a, b, revoked}, "order-1"),
              RefusesWith(Reason::kCouponRevoked, "coupon", "coupons[2]"));
  EXPECT_EQ(View(a)->coupon, std::nullopt);
  storage::UseIntent intent = Use(Method::kRedeemCoupons, Names{b, a}, 2, "order-2");
  EXPECT_THAT(Redeem(intent), Succeeds());
  ExpectVerified();
}

TEST_P(StackCodeContract, ARolledBackStacksCodesAreFreeAgain) {
  const CodeNumber a = CodeOff(100);
  const CodeNumber b =
      CodeOff(200, 1, [](CampaignDefinition& d) { d.restore_policy = core::RestorePolicy::kKeepUsed; });
  const CouponNumber coupon = CouponOff(300, 2);
  const auto redemption = RedeemStack({a, b, coupon}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_EQ(View(a)->coupon, std::nullopt);
  EXPECT_EQ(StateOf(Nth(*redemption, 0)), CouponState::kRevoked);
  EXPECT_EQ(View(b)->coupon, Nth(*redemption, 1));
  EXPECT_EQ(StateOf(Nth(*redemption, 1)), CouponState::kRedeemed);
  EXPECT_EQ(StateOf(coupon), CouponState::kIssued);
  EXPECT_THAT(RedeemBy(2, a, "order-2"), Succeeds());
  EXPECT_THAT(RedeemBy(2, b, "order-2"), Refuses(Reason::kCouponOfAnotherUser));
  ExpectVerified();
}

TEST_P(StackCodeContract, ABoundCodeIsItsUsersCoupon) {
  const CodeNumber code = CodeOff(500);
  const CouponNumber coupon = CouponOff(300, 1);
  const auto bound = Bind(code, 1);
  ASSERT_THAT(bound, Succeeds());
  const auto verdict = Validate(Stack({code, coupon}, "order-1"));
  EXPECT_EQ(verdict->coupons.at(0).coupon, core::CouponName(bound->number));
  const auto redemption = RedeemStack({code, coupon}, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(Nth(*redemption, 0), bound->number);
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_EQ(StateOf(bound->number), CouponState::kIssued) << "it stays its user's";
}

// The code is looked at again, since a rollback may have made its coupon a code meanwhile; what refuses
// another coupon does not come before.
TEST_P(StackCodeContract, ABoundCodeThatWasTakenBackIsToldInItsPlace) {
  const CodeNumber code = CodeOff(500);
  const CouponNumber used = CouponOff(300, 1);
  const auto bound = Bind(code, 1);
  ASSERT_THAT(bound, Succeeds());
  ASSERT_THAT(Revoke(bound->number, storage::ReservedPolicy::kWait, false), Succeeds());
  ASSERT_THAT(RedeemStack({used}, "order-1"), Succeeds());
  EXPECT_THAT(RedeemStack({code, used}, "order-2"),
              RefusesWith(Reason::kCouponRevoked, "coupon", "coupons[0]"));
  EXPECT_THAT(RedeemStack({used, code}, "order-2"),
              RefusesWith(Reason::kCouponAlreadyRedeemed, "coupon", "coupons[0]"));
}

}  // namespace
}  // namespace tessera::contract
