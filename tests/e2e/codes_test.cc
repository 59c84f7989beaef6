// Codes that belong to nobody, over the public API: made, looked at, used by a guest, rolled back, bound.

#include <atomic>
#include <set>

#include "tests/e2e/calling_test.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

class CodesTest : public CallingTest {
 protected:
  pb::GenerateCodesRequest Generate(const std::string& campaign_id, int count) {
    pb::GenerateCodesRequest request;
    request.set_request_id(client_.NextId());
    request.set_campaign_id(campaign_id);
    request.set_count(count);
    return request;
  }
  pb::BindCodeRequest Bind(const std::string& code, const std::string& user_id) {
    pb::BindCodeRequest request;
    request.set_request_id(client_.NextId());
    request.set_code(code);
    request.set_user_id(user_id);
    return request;
  }
  pb::Coupon Get(const std::string& code) {
    pb::GetCouponRequest request;
    request.mutable_coupon()->set_code(code);
    return Must<pb::GetCouponResponse>(request).coupon();
  }
};

TEST_F(CodesTest, APrintedCodeFromItsBatchToItsCount) {
  client_.Open("printed", load::PlainDefinition("Printed"));
  const pb::GenerateCodesRequest generate = Generate("printed", 10'000);
  const auto made = Must<pb::GenerateCodesResponse>(generate);
  ASSERT_EQ(made.codes_size(), 10'000);
  EXPECT_EQ(std::set<std::string>(made.codes().begin(), made.codes().end()).size(), 10'000u);
  EXPECT_EQ(Must<pb::GenerateCodesResponse>(generate).SerializeAsString(), made.SerializeAsString());
  const std::string& code = made.codes(4711);
  EXPECT_EQ(Get(code).state(), pb::COUPON_STATE_AVAILABLE);
  EXPECT_EQ(Get(code).coupon_id(), "");

  // A guest, who gives no name.
  pb::ValidateCouponsRequest validate;
  validate.add_coupons()->set_code(code);
  *validate.mutable_order() = TesseraClient::OrderOf("order-1");
  EXPECT_TRUE(Must<pb::ValidateCouponsResponse>(validate).verdicts(0).has_applicable());
  const pb::RedeemCouponsRequest redeem = client_.RedeemOf(code, "order-1");
  const auto redeemed = Must<pb::RedeemCouponsResponse>(redeem);
  EXPECT_EQ(Must<pb::RedeemCouponsResponse>(redeem).SerializeAsString(), redeemed.SerializeAsString());
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-2")),
            "COUPON_ALREADY_REDEEMED");
  EXPECT_EQ(Get(code).redemption_id(), redeemed.redemption().redemption_id());
  pb::GetOperationRequest ask;
  ask.mutable_operation()->set_request_id(redeem.request_id());
  ask.mutable_operation()->set_method(pb::METHOD_REDEEM_COUPONS);
  ask.mutable_operation()->mutable_coupon()->set_code(code);
  EXPECT_EQ(Must<pb::GetOperationResponse>(ask).operation().redeem_coupons().SerializeAsString(),
            redeemed.SerializeAsString());

  pb::RollbackRedemptionRequest rollback;
  rollback.set_request_id(client_.NextId());
  rollback.set_redemption_id(redeemed.redemption().redemption_id());
  EXPECT_TRUE(Must<pb::RollbackRedemptionResponse>(rollback).rollback().coupons(0).restored());
  EXPECT_EQ(Get(code).coupon_id(), "");

  const auto bound = Must<pb::BindCodeResponse>(Bind(code, "ada"));
  EXPECT_EQ(Get(code).coupon_id(), bound.coupon().coupon_id());
  EXPECT_EQ(Must<pb::BindCodeResponse>(Bind(code, "ada")).SerializeAsString(), bound.SerializeAsString());
  EXPECT_EQ(ReasonOf<pb::BindCodeResponse>(Bind(code, "bob")), "CODE_ALREADY_BOUND");
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-3")), "SUBJECT_REQUIRED");
  pb::RedeemCouponsRequest by_ada = client_.RedeemOf(code, "order-3");
  by_ada.set_user_id("ada");
  EXPECT_EQ(Must<pb::RedeemCouponsResponse>(by_ada).redemption().coupons(0).coupon_id(),
            bound.coupon().coupon_id());
  EXPECT_EQ(ReasonOf<pb::ReserveCouponsResponse>(client_.ReserveOf(made.codes(0), "order-4")),
            "CODE_NOT_BOUND");

  const pb::CampaignStats stats = client_.SettledStats("printed");
  EXPECT_EQ(stats.codes_generated_count(), 10'000);
  EXPECT_EQ(stats.issued_count(), 2);
  EXPECT_EQ(stats.redeemed_count(), 2);
  EXPECT_EQ(stats.rolled_back_count(), 1);
  EXPECT_EQ(stats.redeemed_now_count(), 1);
  EXPECT_EQ(client_.Differences(), "");
}

TEST_F(CodesTest, OneOfManyGuestsHasACode) {
  client_.Open("scarce", load::PlainDefinition("Scarce"));
  const auto made = Must<pb::GenerateCodesResponse>(Generate("scarce", 8));
  std::atomic<int> winners{0};
  load::Parallel(32, 32, [&](int64_t guest, int) {
    TesseraClient client(deployment_);
    for (const std::string& code : made.codes()) {
      pb::RedeemCouponsResponse response;
      const auto redeem = client.RedeemOf(code, "order-" + std::to_string(guest) + code);
      if (client.Call(redeem, &response).ok()) ++winners;
    }
  });
  EXPECT_EQ(winners, made.codes_size());
  EXPECT_EQ(client_.SettledStats("scarce").redeemed_count(), made.codes_size());
  EXPECT_EQ(client_.Differences(), "");
}

}  // namespace
}  // namespace tessera::e2e
