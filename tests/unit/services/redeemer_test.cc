#include "services/issuer/campaign_handlers.h"
#include "services/issuer/coupon_handlers.h"
#include "tests/unit/services/redeemer_bench.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;

class RedeemerTest : public RedeemerBench {
 protected:
  void SetUp() override {
    OpenCampaign("spring", api::GoodDefinition());
    claim_.set_request_id(NextId());
    claim_.set_campaign_id("spring");
    claim_.set_user_id("user-1");
    const auto claimed = Call(coupons_, &issuer::CouponHandlers::ClaimCoupon, claim_);
    ASSERT_TRUE(claimed.ok()) << claimed.error().message;
    claimed_ = *claimed;
  }

  template <class Request>
  Request Use(const std::string& user_id) {
    Request request;
    request.set_user_id(user_id);
    request.add_coupons()->set_code(claimed_.coupon().code());
    *request.mutable_order() = api::GoodOrder();
    return request;
  }
  template <class Request>
  Request NewUse(const std::string& user_id) {
    Request request = Use<Request>(user_id);
    request.set_request_id(NextId());
    return request;
  }

  pb::ClaimCouponRequest claim_;
  pb::ClaimCouponResponse claimed_;
};

TEST_F(RedeemerTest, EveryMethodIsServed) {
  server::Router router;
  router.Serve("coupon.v1.RedeemerService");
  judgements_.Register(router);
  choices_.Register(router);
  redemptions_.Register(router);
  returns_.Register(router);
  operations_.Register(router);
  const core::Status checked = router.Check();
  EXPECT_TRUE(checked.ok()) << checked.error().message;
}

TEST_F(RedeemerTest, ValidateSaysWhatRedeemWillDo) {
  const auto verdict =
      Call(judgements_, &JudgementHandlers::ValidateCoupons, Use<pb::ValidateCouponsRequest>("user-1"));
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  const auto redeemed =
      Call(redemptions_, &RedemptionHandlers::RedeemCoupons, NewUse<pb::RedeemCouponsRequest>("user-1"));
  ASSERT_TRUE(redeemed.ok()) << redeemed.error().message;
  EXPECT_EQ(verdict->verdicts(0).applicable().discount().amount_minor(), 750);
  EXPECT_EQ(verdict->discount().amount_minor(), 750);
  EXPECT_EQ(verdict->subtotal().amount_minor(), 6'000);
  EXPECT_EQ(redeemed->redemption().discount().amount_minor(), 750);
  const auto used =
      Call(judgements_, &JudgementHandlers::ValidateCoupons, Use<pb::ValidateCouponsRequest>("user-1"));
  ASSERT_TRUE(used.ok());
  EXPECT_EQ(used->verdicts(0).refusal().reason(), pb::ERROR_REASON_COUPON_ALREADY_REDEEMED);
  EXPECT_EQ(used->discount().amount_minor(), 0);
  EXPECT_EQ(Metric("coupon_validate_total", {}, "NONE"), 1);
  EXPECT_EQ(Metric("coupon_validate_total", {}, "COUPON_ALREADY_REDEEMED"), 1);
}

TEST_F(RedeemerTest, ValidateTellsOfAForgedCode) {
  auto request = Use<pb::ValidateCouponsRequest>("user-1");
  request.mutable_coupons(0)->set_code("0000-0000-0000-0000");
  const auto verdict = Call(judgements_, &JudgementHandlers::ValidateCoupons, request);
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  EXPECT_EQ(verdict->verdicts(0).refusal().reason(), pb::ERROR_REASON_INVALID_CODE);
}

TEST_F(RedeemerTest, ARedemptionIsAnsweredWithTheSameBytesEachTime) {
  const auto request = NewUse<pb::RedeemCouponsRequest>("user-1");
  const auto first = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  ASSERT_TRUE(first.ok()) << first.error().message;
  now_ms_ += 60'000;
  const auto again = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());

  pb::GetRedemptionRequest get;
  get.set_redemption_id(first->redemption().redemption_id());
  const auto read = Call(returns_, &ReturnHandlers::GetRedemption, get);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->redemption().SerializeAsString(), first->redemption().SerializeAsString());
  EXPECT_EQ(read->rollbacks_size(), 0);

  pb::RollbackRedemptionRequest rollback;
  rollback.set_request_id(NextId());
  rollback.set_redemption_id(get.redemption_id());
  const auto rolled_back = Call(returns_, &ReturnHandlers::RollbackRedemption, rollback);
  ASSERT_TRUE(rolled_back.ok()) << rolled_back.error().message;
  EXPECT_TRUE(rolled_back->rollback().coupons(0).restored());
  EXPECT_TRUE(rolled_back->rollback().whole());
  EXPECT_EQ(rolled_back->rollback().refund().amount_minor(), 5'250);
  const auto taken_back = Call(returns_, &ReturnHandlers::GetRedemption, get);
  ASSERT_EQ(taken_back->rollbacks_size(), 1);
  EXPECT_EQ(taken_back->rollbacks(0).SerializeAsString(), rolled_back->rollback().SerializeAsString());
}

TEST_F(RedeemerTest, AnotherUsersCouponIsRefused) {
  const auto refused =
      Call(redemptions_, &RedemptionHandlers::RedeemCoupons, NewUse<pb::RedeemCouponsRequest>("user-2"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kCouponOfAnotherUser);
}

TEST_F(RedeemerTest, AnOrderBelowTheMinimumIsToldWhatIsMissing) {
  auto request = NewUse<pb::RedeemCouponsRequest>("user-1");
  for (auto& line : *request.mutable_order()->mutable_lines()) line.set_unit_price_minor(500);
  const auto refused = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kMinimumSpendNotMet);
  const std::pair<std::string, std::string> missing("missing_minor", "2000");
  EXPECT_EQ(refused.error().metadata, std::vector{missing});
}

TEST_F(RedeemerTest, ReservationsAreCommittedForTheirAmountOnly) {
  auto reserve = NewUse<pb::ReserveCouponsRequest>("user-1");
  reserve.mutable_ttl()->set_seconds(60);
  const auto reserved = Call(redemptions_, &RedemptionHandlers::ReserveCoupons, reserve);
  ASSERT_TRUE(reserved.ok()) << reserved.error().message;
  EXPECT_EQ(reserved->reservation().expire_time().seconds(), now_ms_ / 1000 + 60);
  pb::CommitReservationRequest commit;
  commit.set_request_id(NextId());
  commit.set_reservation_id(reserved->reservation().reservation_id());
  commit.set_order_id("order-1");
  *commit.mutable_discount() = reserved->reservation().discount();
  const auto refused = [&](auto spoil) {
    pb::CommitReservationRequest spoiled = commit;
    spoil(spoiled);
    const auto answer = Call(redemptions_, &RedemptionHandlers::CommitReservation, spoiled);
    return answer.ok() ? core::Reason::kInternal : answer.error().reason;
  };
  EXPECT_EQ(refused([](auto& c) { c.mutable_discount()->set_amount_minor(751); }),
            core::Reason::kAmountMismatch);
  EXPECT_EQ(refused([](auto& c) { c.mutable_discount()->set_currency_code("USD"); }),
            core::Reason::kCurrencyMismatch);
  EXPECT_EQ(refused([](auto& c) { c.set_order_id("order-2"); }), core::Reason::kReservationOfAnotherOrder);
  const auto committed = Call(redemptions_, &RedemptionHandlers::CommitReservation, commit);
  ASSERT_TRUE(committed.ok()) << committed.error().message;
  EXPECT_EQ(committed->redemption().order_id(), "order-1");
  pb::ReleaseReservationRequest release;
  release.set_request_id(NextId());
  release.set_reservation_id(commit.reservation_id());
  const auto late = Call(redemptions_, &RedemptionHandlers::ReleaseReservation, release);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().reason, core::Reason::kReservationCommitted);
}

TEST_F(RedeemerTest, GetOperationHoldsTheIssuersAnswer) {
  pb::GetOperationRequest request;
  request.mutable_operation()->set_request_id(claim_.request_id());
  request.mutable_operation()->set_method(pb::METHOD_CLAIM_COUPON);
  request.mutable_operation()->set_user_id("user-1");
  const auto found = Call(operations_, &OperationHandlers::GetOperation, request);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->operation().state(), pb::OPERATION_STATE_COMMITTED);
  EXPECT_EQ(found->operation().claim_coupon().SerializeAsString(), claimed_.SerializeAsString());
  caller_.name = "somebody else";
  EXPECT_EQ(Call(operations_, &OperationHandlers::GetOperation, request)->operation().state(),
            pb::OPERATION_STATE_UNKNOWN);
}

TEST_F(RedeemerTest, AFencedCallNeverTakesEffect) {
  const auto redeem = NewUse<pb::RedeemCouponsRequest>("");
  pb::FenceOperationRequest fence;
  fence.mutable_operation()->set_request_id(redeem.request_id());
  fence.mutable_operation()->set_method(pb::METHOD_REDEEM_COUPONS);
  fence.mutable_operation()->mutable_coupon()->set_code(claimed_.coupon().code());
  const auto fenced = Call(operations_, &OperationHandlers::FenceOperation, fence);
  ASSERT_TRUE(fenced.ok()) << fenced.error().message;
  EXPECT_EQ(fenced->operation().state(), pb::OPERATION_STATE_FENCED);
  const auto refused = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, redeem);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kOperationFenced);
}

TEST_F(RedeemerTest, ACreationWithoutIdIsFoundWithoutOne) {
  pb::CreateCampaignRequest create;
  create.set_request_id(NextId());
  *create.mutable_campaign() = api::GoodDefinition();
  const auto created = Call(campaigns_, &issuer::CampaignHandlers::CreateCampaign, create);
  ASSERT_TRUE(created.ok());
  pb::GetOperationRequest request;
  request.mutable_operation()->set_request_id(create.request_id());
  request.mutable_operation()->set_method(pb::METHOD_CREATE_CAMPAIGN);
  const auto found = Call(operations_, &OperationHandlers::GetOperation, request);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->operation().create_campaign().campaign_id(), created->campaign_id());
}

}  // namespace
}  // namespace tessera::redeemer
