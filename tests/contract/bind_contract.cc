// Codes that belong to nobody become coupons in users' wallets.

#include "code_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::Reason;
using storage::CouponState;
using storage::Method;

class BindContract : public Contract<CodeFixture> {};
TESSERA_CONTRACT(BindContract);

TEST_P(BindContract, ARevocationGivesNoStockBackThatWasNotSpent) {
  const std::string id = ActiveWith([](CampaignDefinition& d) {
    d.limits.stock_total = 1;
    d.limits.stock_per_day = 1;
    d.limits.per_user_total = 1;
  });
  const auto bound = Bind(Code(id), 1);
  ASSERT_THAT(bound, Succeeds());
  EXPECT_THAT(Claim(id, User(9)), Succeeds());
  const auto revoked = Revoke(bound->number, storage::ReservedPolicy::kWait, true);
  ASSERT_THAT(revoked, Succeeds());
  EXPECT_FALSE(revoked->stock_returned);
  EXPECT_THAT(Claim(id, User(8)), Refuses(Reason::kStock));
  EXPECT_THAT(Bind(Code(id), 1), Succeeds()) << "the user's quota came back";
  EXPECT_EQ(Totals(id).stock_left, 0);
  ExpectVerified();
}

TEST_P(BindContract, StopsAtTheUsersLimit) {
  const std::string id = ActiveWith([](CampaignDefinition& d) { d.limits.per_user_total = 1; });
  const CodeNumber codes[] = {Code(id), Code(id)};
  EXPECT_THAT(Bind(codes[0], 1), Succeeds());
  EXPECT_THAT(RedeemBy(1, codes[1], "order-1"), Refuses(Reason::kUserQuota));
  EXPECT_THAT(Bind(codes[1], 1), Refuses(Reason::kUserQuota));
  EXPECT_THAT(RedeemBy(1, codes[0], "order-2"), Succeeds()) << "what is in the wallet was paid for";
}

TEST_P(BindContract, BindsACodeToOneUser) {
  const std::string id = Active();
  const CodeNumber code = Code(id);
  const storage::Operation op = NewOp(Method::kBindCode);
  const auto bound = Bind(code, 1, op);
  ASSERT_THAT(bound, Succeeds());
  EXPECT_EQ(bound->campaign_id, id);
  EXPECT_EQ(StateOf(bound->number), CouponState::kIssued);
  ASSERT_EQ(Wallet(User(1)).size(), 1u);
  EXPECT_EQ(Wallet(User(1)).front().number, bound->number);
  EXPECT_EQ(*Bind(code, 1, op), *bound);
  EXPECT_EQ(*Bind(code, 1), *bound) << "the same user, the same answer";
  EXPECT_THAT(Bind(code, 2), Refuses(Reason::kCodeAlreadyBound));
  EXPECT_THAT(RedeemBy(2, code, "order-1"), Refuses(Reason::kCouponOfAnotherUser));
  EXPECT_THAT(Redeem(code, "order-1"), Refuses(Reason::kSubjectRequired));
  EXPECT_THAT(Validate(code, "order-1"), Refuses(Reason::kSubjectRequired));
  EXPECT_EQ(Totals(id).available_now, 1);
  // The code goes on to mean the coupon, for its user.
  EXPECT_THAT(Validate(By(1, code, "order-2")), Succeeds());
  const auto redemption = RedeemBy(1, code, "order-2");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(NumberOf(*redemption), bound->number);
  EXPECT_THAT(Bind(code, 1), Refuses(Reason::kCouponAlreadyRedeemed));
  EXPECT_EQ(*Bind(code, 1, op), *bound);
  // A rollback gives the coupon back to its user, not the code to everybody.
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_EQ(StateOf(bound->number), CouponState::kIssued);
  EXPECT_THAT(Bind(code, 2), Refuses(Reason::kCodeAlreadyBound));
  ExpectVerified();
}

TEST_P(BindContract, AnOrderHoldsOnlyWhatIsBound) {
  const CodeNumber code = Code(Active());
  storage::ReserveIntent intent;
  intent.use = By(1, code, "order-1");
  intent.use.op = NewOp(Method::kReserveCoupons);
  intent.ttl_ms = 60'000;
  EXPECT_THAT(Await(store_->redemptions().Reserve(intent)), Refuses(Reason::kCodeNotBound));
  ASSERT_THAT(Bind(code, 1), Succeeds());
  EXPECT_THAT(Await(store_->redemptions().Reserve(intent)), Succeeds());
  EXPECT_THAT(RedeemBy(1, code, "order-2"), Refuses(Reason::kCouponReserved));
  EXPECT_THAT(RedeemBy(1, code, "order-1"), Succeeds());
}

TEST_P(BindContract, RevokingACodeThatWasBoundRevokesItsCoupon) {
  const std::string id = Active();
  const CodeNumber code = Code(id);
  const auto bound = Bind(code, 1);
  ASSERT_THAT(bound, Succeeds());
  const auto revoked = Revoke(code, storage::ReservedPolicy::kWait, false);
  ASSERT_THAT(revoked, Succeeds());
  EXPECT_EQ(revoked->coupon, core::CouponName(bound->number));
  EXPECT_EQ(StateOf(bound->number), CouponState::kRevoked);
  EXPECT_THAT(Bind(code, 1), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(RedeemBy(1, code, "order-1"), Refuses(Reason::kCouponRevoked));
  const CodeNumber used = Code(id);
  ASSERT_THAT(RedeemBy(1, used, "order-2"), Succeeds());
  EXPECT_THAT(Revoke(used, storage::ReservedPolicy::kWait, false), Refuses(Reason::kCouponAlreadyRedeemed));
  ExpectVerified();
}

}  // namespace
}  // namespace tessera::contract
