// Codes that belong to nobody yet: generated, used, set free again.

#include "code_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::Reason;
using core::Transition;
using storage::CouponState;
using storage::Method;

class CodeContract : public Contract<CodeFixture> {};
TESSERA_CONTRACT(CodeContract);

TEST_P(CodeContract, MakesAsManyAsWereAskedForAndNoneTwice) {
  const std::string id = Active();
  const auto first = Make(id, 10);
  const auto second = Make(id, 3);
  ASSERT_THAT(first, Succeeds());
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(first->campaign_id, id);
  EXPECT_EQ(first->numbers.count, 10u);
  EXPECT_NE(first->batch, second->batch);
  std::set<uint64_t> numbers;
  for (const auto* made : {&*first, &*second}) {
    for (size_t i = 0; i < made->numbers.count; ++i) {
      const CodeNumber code{made->numbers.first + i * made->numbers.stride};
      EXPECT_TRUE(numbers.insert(code.value).second);
      EXPECT_EQ(View(code)->campaign_id, id);
    }
  }
  EXPECT_EQ(numbers.size(), 13u);
  EXPECT_THAT(View({*numbers.rbegin() + first->numbers.stride}), Refuses(Reason::kCouponNotFound));
  const auto totals = Totals(id);
  EXPECT_EQ(totals.codes_generated, 13);
  EXPECT_EQ(totals.issued, 0);
  ExpectVerified();
}

TEST_P(CodeContract, MakesOnceForOneCall) {
  const std::string id = Active();
  const storage::Operation op = NewOp(Method::kGenerateCodes);
  const auto made = Make(id, 5, op);
  ASSERT_THAT(made, Succeeds());
  ASSERT_THAT(Move(id, Transition::kEnd), Succeeds());
  EXPECT_EQ(*Make(id, 5, op), *made);
  storage::Operation other = op;
  other.body[0] = 9;
  EXPECT_THAT(Make(id, 5, other), Refuses(Reason::kRequestIdReused));
  EXPECT_THAT(Make(id, 5), Refuses(Reason::kCampaignEnded));
  EXPECT_EQ(Totals(id).codes_generated, 5);
}

TEST_P(CodeContract, MakesNoneForACampaignThatIssuesNothing) {
  EXPECT_THAT(Make("nowhere", 1), Refuses(Reason::kCampaignNotFound));
  const std::string id = Draft(Definition());
  EXPECT_THAT(Make(id, 1), Refuses(Reason::kCampaignNotActive));
  ASSERT_THAT(Move(id, Transition::kActivate), Succeeds());
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  EXPECT_THAT(Make(id, 1), Refuses(Reason::kCampaignPaused));
  EXPECT_EQ(Totals(id).codes_generated, 0);
}

TEST_P(CodeContract, SpendsNoStock) {
  const std::string id = ActiveWith([](CampaignDefinition& d) { d.limits.stock_total = 1; });
  const CodeNumber codes[] = {Code(id), Code(id)};
  EXPECT_THAT(Claim(id, User(9)), Succeeds());
  EXPECT_THAT(RedeemBy(1, codes[0], "order-1"), Succeeds());
  EXPECT_THAT(Bind(codes[1], 2), Succeeds());
  EXPECT_THAT(Claim(id, User(8)), Refuses(Reason::kStock));
  const auto totals = Totals(id);
  EXPECT_EQ(totals.stock_left, 0);
  EXPECT_EQ(totals.issued, 3);
  EXPECT_EQ(totals.issued_of_codes, 2);
  ExpectVerified();
}

TEST_P(CodeContract, RedeemsACodeOnce) {
  const std::string id = Active();
  const CodeNumber code = Code(id);
  const auto redemption = RedeemBy(1, code, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(CampaignOf(*redemption), id);
  EXPECT_EQ(redemption->discount_minor, 500);
  EXPECT_EQ(redemption->ref.partition, User(1).partition(store_->shape()));
  EXPECT_EQ(StateOf(NumberOf(*redemption)), CouponState::kRedeemed);
  EXPECT_EQ(GetCoupon(NumberOf(*redemption))->user, User(1));
  EXPECT_EQ(View(code)->coupon, NumberOf(*redemption));
  EXPECT_THAT(RedeemBy(1, code, "order-2"),
              RefusesWith(Reason::kCouponAlreadyRedeemed, "order_id", "order-1"));
  EXPECT_THAT(Redeem(code, "order-3"), RefusesWith(Reason::kCouponAlreadyRedeemed, "order_id", "order-1"));
  EXPECT_THAT(RedeemBy(2, code, "order-4"), Refuses(Reason::kCouponOfAnotherUser));
  EXPECT_THAT(Validate(code, "order-5"), Refuses(Reason::kCouponAlreadyRedeemed));
  const auto totals = Totals(id);
  EXPECT_EQ(totals.issued, 1);
  EXPECT_EQ(totals.redeemed, 1);
  EXPECT_EQ(totals.redeemed_now, 1);
  EXPECT_EQ(totals.available_now, 0);
  ExpectVerified();
}

TEST_P(CodeContract, AnswersARepetitionAsTheFirstTime) {
  const CodeNumber code = Code(Active());
  const storage::UseIntent intent = By(1, code, "order-1");
  const auto redemption = Await(store_->redemptions().Redeem(intent));
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *redemption);
  storage::UseIntent other = intent;
  other.op.body[0] = 9;
  EXPECT_THAT(Await(store_->redemptions().Redeem(other)), Refuses(Reason::kRequestIdReused));
  // Also when the code has gone another way since.
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *redemption);
  EXPECT_EQ(View(code)->coupon, std::nullopt);
  ASSERT_THAT(RedeemBy(2, code, "order-2"), Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *redemption);
  ExpectVerified();
}

TEST_P(CodeContract, ServesABearerWithoutAName) {
  const std::string id = Active();
  const CodeNumber code = Code(id);
  EXPECT_THAT(Validate(code, "order-1"), Succeeds());
  const storage::UseIntent intent = Use(Method::kRedeemCoupons, code, "order-1");
  const auto redemption = Await(store_->redemptions().Redeem(intent));
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(GetCoupon(NumberOf(*redemption))->user, code.Bearer(store_->shape()));
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *redemption);
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *redemption);
  EXPECT_THAT(RedeemBy(3, code, "order-2"), Succeeds());
  ExpectVerified();
}

TEST_P(CodeContract, NeedsAUserWhereUsersHaveLimits) {
  const std::string id = ActiveWith([](CampaignDefinition& d) { d.limits.per_user_total = 1; });
  const CodeNumber code = Code(id);
  EXPECT_THAT(Validate(code, "order-1"), Refuses(Reason::kSubjectRequired));
  EXPECT_THAT(Redeem(code, "order-1"), Refuses(Reason::kSubjectRequired));
  EXPECT_EQ(View(code)->coupon, std::nullopt);
}

TEST_P(CodeContract, SpendsTheUsersQuotas) {
  const std::string id = ActiveWith([](CampaignDefinition& d) {
    d.limits.per_user_total = 2;
    d.limits.per_user_per_day = 1;
  });
  const auto made = Make(id, 3);
  ASSERT_THAT(made, Succeeds());
  const auto code = [&](size_t i) { return CodeNumber{made->numbers.first + i * made->numbers.stride}; };
  const auto redemption = RedeemBy(1, code(0), "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_THAT(Validate(By(1, code(1), "order-2")), Refuses(Reason::kUserQuotaPerDay));
  EXPECT_THAT(RedeemBy(1, code(1), "order-2"), Refuses(Reason::kUserQuotaPerDay));
  EXPECT_THAT(Bind(code(1), 1), Refuses(Reason::kUserQuotaPerDay));
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kUserQuotaPerDay));
  // A refusal leaves the code free at once.
  EXPECT_THAT(RedeemBy(2, code(1), "order-3"), Succeeds());
  // A rollback gives the quotas back with the code.
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  EXPECT_THAT(Bind(code(0), 1), Succeeds());
  EXPECT_THAT(RedeemBy(1, code(2), "order-4"), Refuses(Reason::kUserQuotaPerDay));
  ExpectVerified();
}

TEST_P(CodeContract, ARefusalLeavesTheCodeFree) {
  const std::string id = ActiveWith([](CampaignDefinition& d) { d.offer.minimum_spend_minor = 5'000; });
  const CodeNumber code = Code(id);
  const storage::UseIntent intent = By(1, code, "order-1");
  EXPECT_THAT(Validate(intent), Refuses(Reason::kMinimumSpendNotMet));
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Refuses(Reason::kMinimumSpendNotMet));
  EXPECT_EQ(View(code)->coupon, std::nullopt);
  EXPECT_TRUE(Wallet(User(1)).empty());
  storage::UseIntent enough = By(2, code, "order-2");
  Buy(enough, 6'000);
  EXPECT_THAT(Await(store_->redemptions().Redeem(enough)), Succeeds());
  ExpectVerified();
}

TEST_P(CodeContract, ARefusedCallMayBeTriedAgain) {
  const std::string id =
      ActiveWith([](CampaignDefinition& d) { d.pause_scope = core::PauseScope::kIssueAndRedeem; });
  const CodeNumber code = Code(id);
  const storage::UseIntent intent = By(1, code, "order-1");
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Refuses(Reason::kCampaignPaused));
  EXPECT_THAT(Bind(code, 2), Refuses(Reason::kCampaignPaused));
  ASSERT_THAT(Move(id, Transition::kResume), Succeeds());
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Succeeds());
}

TEST_P(CodeContract, KeepsToTheUseWindow) {
  const std::string early =
      ActiveWith([&](CampaignDefinition& d) { d.use_window.start_ms = Now() + 60'000; });
  const CodeNumber early_code = Code(early);
  EXPECT_THAT(RedeemBy(1, early_code, "order-1"), Refuses(Reason::kCouponNotYetValid));
  EXPECT_THAT(Validate(early_code, "order-1"), Refuses(Reason::kCouponNotYetValid));
  storage::UseIntent poor = By(1, early_code, "order-1");
  poor.decide = Refusing(Reason::kMinimumSpendNotMet);
  EXPECT_THAT(Await(store_->redemptions().Redeem(poor)), Refuses(Reason::kCouponNotYetValid));
  EXPECT_THAT(Bind(early_code, 1), Succeeds()) << "it is used later";
  const std::string late = ActiveWith([&](CampaignDefinition& d) { d.use_window.end_ms = Now() + 700; });
  const CodeNumber late_code = Code(late);
  Wait(800);
  EXPECT_THAT(RedeemBy(1, late_code, "order-1"), Refuses(Reason::kCouponExpired));
  EXPECT_THAT(Validate(late_code, "order-1"), Refuses(Reason::kCouponExpired));
  EXPECT_THAT(Bind(late_code, 1), Refuses(Reason::kCouponExpired));
}

TEST_P(CodeContract, ARollbackFreesTheCodeByThePolicy) {
  for (const auto policy : {core::RestorePolicy::kRestore, core::RestorePolicy::kKeepUsed,
                            core::RestorePolicy::kRestoreIfUnexpired}) {
    const std::string id = ActiveWith([policy](CampaignDefinition& d) { d.restore_policy = policy; });
    const CodeNumber code = Code(id);
    const auto redemption = RedeemBy(1, code, "order-1");
    ASSERT_THAT(redemption, Succeeds());
    const auto back = Rollback(redemption->ref);
    ASSERT_THAT(back, Succeeds());
    EXPECT_EQ(*Rollback(redemption->ref), *back);
    const bool freed = policy != core::RestorePolicy::kKeepUsed;
    EXPECT_EQ(Restored(*back), freed);
    EXPECT_EQ(StateOf(NumberOf(*redemption)), freed ? CouponState::kRevoked : CouponState::kRedeemed);
    EXPECT_EQ(View(code)->coupon.has_value(), !freed);
    if (freed) {
      EXPECT_THAT(RedeemBy(2, code, "order-2"), Succeeds());
    } else {
      EXPECT_THAT(RedeemBy(2, code, "order-2"), Refuses(Reason::kCouponOfAnotherUser));
    }
    EXPECT_EQ(Totals(id).redeemed_now, 1);
  }
  ExpectVerified();
}

TEST_P(CodeContract, TakesBackACodeThatBelongsToNobody) {
  const std::string id = Active();
  const CodeNumber code = Code(id);
  storage::RevokeIntent intent;
  intent.op = NewOp(Method::kRevokeCoupon);
  intent.coupon = code;
  const auto revoked = Await(store_->coupons().Revoke(intent));
  ASSERT_THAT(revoked, Succeeds());
  EXPECT_EQ(revoked->coupon, core::CouponName(code));
  EXPECT_EQ(*Await(store_->coupons().Revoke(intent)), *revoked);
  EXPECT_THAT(Revoke(code, storage::ReservedPolicy::kWait, false), Refuses(Reason::kCouponRevoked));
  EXPECT_EQ(View(code)->state, storage::CouponState::kRevoked);
  EXPECT_THAT(Validate(code, "order-1"), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(RedeemBy(1, code, "order-1"), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(Redeem(code, "order-1"), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(Bind(code, 1), Refuses(Reason::kCouponRevoked));
  const auto totals = Totals(id);
  EXPECT_EQ(totals.codes_revoked, 1);
  EXPECT_EQ(totals.revoked, 0);
  ExpectVerified();
}

TEST_P(CodeContract, TellsWhatBecameOfACall) {
  const CodeNumber code = Code(Active());
  const storage::UseIntent intent = By(1, code, "order-1");
  storage::OperationQuery query;
  query.method = Method::kRedeemCoupons;
  query.partition = User(1).partition(store_->shape());
  query.field = intent.op.field;
  query.id_time_ms = intent.op.id_time_ms;
  query.deadline = Soon();
  EXPECT_EQ(Await(store_->redemptions().GetOperation(query))->state, storage::OperationState::kUnknown);
  EXPECT_EQ(Await(store_->redemptions().FenceOperation(query))->state, storage::OperationState::kFenced);
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Refuses(Reason::kOperationFenced));
  EXPECT_THAT(RedeemBy(2, code, "order-2"), Succeeds()) << "a fenced call holds nothing";
}

TEST_P(CodeContract, RefusesANumberThatIsNobodysCode) {
  const CodeNumber code{Code(Active()).value + store_->shape().partitions};
  EXPECT_THAT(RedeemBy(1, code, "order-1"), Refuses(Reason::kCouponNotFound));
  EXPECT_THAT(Validate(code, "order-1"), Refuses(Reason::kCouponNotFound));
  EXPECT_THAT(Bind(code, 1), Refuses(Reason::kCouponNotFound));
}

TEST_P(CodeContract, SaysWhenItsTimeIsOver) {
  const core::InstantMs end = Now() + 500;
  const CodeNumber code = Code(ActiveWith([&](auto& definition) { definition.use_window.end_ms = end; }));
  EXPECT_EQ(View(code)->state, storage::CouponState::kIssued);
  store_->WaitUntil(end + 300);
  EXPECT_EQ(View(code)->state, storage::CouponState::kExpired);
}

}  // namespace
}  // namespace tessera::contract
