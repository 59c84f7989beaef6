// One coupon's whole life over the public API, and what operators see of it.

#include <cmath>

#include "tests/e2e/calling_test.h"
#include "tests/e2e/raw_call.h"
#include "tests/support/http_get.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

class LifeTest : public CallingTest {
 protected:
  pb::Coupon Get(const std::string& coupon_id) {
    pb::GetCouponRequest request;
    request.mutable_coupon()->set_coupon_id(coupon_id);
    return Must<pb::GetCouponResponse>(request).coupon();
  }
};

TEST_F(LifeTest, OneCouponFromItsCampaignToItsCount) {
  pb::CampaignDefinition definition = load::PlainDefinition("Whole life");
  definition.mutable_limits()->set_stock_total(2);
  definition.mutable_limits()->set_per_user_total(1);
  client_.Open("whole-life", definition);
  pb::GetCampaignRequest get_campaign;
  get_campaign.set_campaign_id("whole-life");
  EXPECT_EQ(Must<pb::GetCampaignResponse>(get_campaign).campaign().state(), pb::CAMPAIGN_STATE_ACTIVE);

  const pb::ClaimCouponRequest claim = client_.ClaimOf("whole-life", "ada");
  const auto claimed = Must<pb::ClaimCouponResponse>(claim);
  EXPECT_EQ(claimed.quota().remaining_total(), 0);
  const std::string id = claimed.coupon().coupon_id();
  const std::string code = claimed.coupon().code();
  EXPECT_EQ(Must<pb::ClaimCouponResponse>(claim).SerializeAsString(), claimed.SerializeAsString());
  EXPECT_EQ(ReasonOf<pb::ClaimCouponResponse>(client_.ClaimOf("whole-life", "ada")), "USER_QUOTA");
  EXPECT_EQ(Get(id).state(), pb::COUPON_STATE_AVAILABLE);
  pb::ListUserCouponsRequest list;
  list.set_user_id("ada");
  const auto listed = Must<pb::ListUserCouponsResponse>(list);
  ASSERT_EQ(listed.coupons_size(), 1);
  EXPECT_EQ(listed.coupons(0).code(), code);

  pb::ValidateCouponsRequest validate;
  validate.add_coupons()->set_code(code);
  *validate.mutable_order() = TesseraClient::OrderOf("order-1", 4999);
  EXPECT_EQ(Must<pb::ValidateCouponsResponse>(validate).discount().amount_minor(), 500);

  const auto reserved = Must<pb::ReserveCouponsResponse>(client_.ReserveOf(code, "order-1"));
  EXPECT_EQ(Get(id).state(), pb::COUPON_STATE_RESERVED);
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-2")), "COUPON_RESERVED");
  pb::CommitReservationRequest commit;
  commit.set_request_id(client_.NextId());
  commit.set_reservation_id(reserved.reservation().reservation_id());
  commit.set_order_id("order-1");
  *commit.mutable_discount() = reserved.reservation().discount();
  const auto committed = Must<pb::CommitReservationResponse>(commit);
  EXPECT_EQ(Get(id).state(), pb::COUPON_STATE_REDEEMED);
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-2")),
            "COUPON_ALREADY_REDEEMED");

  pb::GetOperationRequest operation;
  operation.mutable_operation()->set_request_id(commit.request_id());
  operation.mutable_operation()->set_method(pb::METHOD_COMMIT_RESERVATION);
  operation.mutable_operation()->set_reservation_id(commit.reservation_id());
  const auto found = Must<pb::GetOperationResponse>(operation);
  EXPECT_EQ(found.operation().state(), pb::OPERATION_STATE_COMMITTED);
  EXPECT_EQ(found.operation().commit_reservation().SerializeAsString(), committed.SerializeAsString());

  pb::RollbackRedemptionRequest rollback;
  rollback.set_request_id(client_.NextId());
  rollback.set_redemption_id(committed.redemption().redemption_id());
  EXPECT_TRUE(Must<pb::RollbackRedemptionResponse>(rollback).rollback().coupons(0).restored());
  EXPECT_EQ(Get(id).state(), pb::COUPON_STATE_AVAILABLE);
  Must<pb::RedeemCouponsResponse>(client_.RedeemOf(code, "order-3", 20'000));

  const pb::CampaignStats stats = client_.SettledStats("whole-life");
  EXPECT_EQ(stats.issued_count(), 1);
  EXPECT_EQ(stats.claimed_count(), 1);
  EXPECT_EQ(stats.reserved_count(), 1);
  EXPECT_EQ(stats.redeemed_count(), 2);
  EXPECT_EQ(stats.rolled_back_count(), 1);
  EXPECT_EQ(stats.discount().amount_minor(), 1000);
  EXPECT_EQ(stats.revenue().amount_minor(), 19'000);
  EXPECT_EQ(stats.stock_remaining(), 1);
  EXPECT_DOUBLE_EQ(stats.conversion_rate(), 1.0);
  EXPECT_EQ(client_.Differences(), "");
}

TEST_F(LifeTest, AsksEveryCallerForItsRole) {
  const auto create_with = [&](const std::string& token) {
    TesseraClient other({deployment_.issuer().grpc_address(), deployment_.redeemer().grpc_address(),
                         deployment_.analytics().grpc_address(), token});
    pb::CreateCampaignRequest request;
    request.set_request_id(other.NextId());
    *request.mutable_campaign() = load::PlainDefinition("Roles");
    pb::CreateCampaignResponse response;
    const grpc::Status status = other.Call(request, &response);
    return status.ok() ? "OK" : load::RefusalLabel(status);
  };
  EXPECT_EQ(create_with(""), "UNAUTHENTICATED/CALLER_UNKNOWN");
  EXPECT_EQ(create_with("nobody-knows-this"), "UNAUTHENTICATED/CALLER_UNKNOWN");
  EXPECT_EQ(create_with(deployment_.token("ISSUER")), "PERMISSION_DENIED/ROLE_MISSING");
  EXPECT_EQ(create_with(deployment_.token("MARKETER")), "OK");
}

TEST_F(LifeTest, TellsItsHealthAndItsServices) {
  const struct {
    testing::ServiceProcess& process;
    std::vector<std::string> services;
  } all[] = {{deployment_.issuer(), {"coupon.v1.CampaignService", "coupon.v1.IssuerService"}},
             {deployment_.redeemer(), {"coupon.v1.RedeemerService"}},
             {deployment_.analytics(), {"coupon.v1.AnalyticsService"}}};
  for (const auto& [process, services] : all) {
    const std::string serving = "\x08\x01";  // HealthCheckResponse{status: SERVING}
    EXPECT_EQ(RawCall(process.grpc_address(), "/grpc.health.v1.Health/Check", "").bytes, serving);
    // ServerReflectionRequest{list_services: "*"}
    const RawAnswer reflected =
        RawExchange(process.grpc_address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                    "\x3a\x01*");
    for (const std::string& service : services) {
      EXPECT_NE(reflected.bytes.find(service), std::string::npos) << service;
      const std::string named = "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
      EXPECT_EQ(RawCall(process.grpc_address(), "/grpc.health.v1.Health/Check", named).bytes, serving)
          << service;
    }
    EXPECT_EQ(testing::HttpGet(process.http_address(), "/healthz").status, 200);
    EXPECT_EQ(testing::HttpGet(process.http_address(), "/readyz").status, 200);
  }
}

TEST_F(LifeTest, CountsItsCallsInMetrics) {
  client_.Open("metrics", load::PlainDefinition("Metrics"));
  Must<pb::ClaimCouponResponse>(client_.ClaimOf("metrics", "ada"));
  EXPECT_EQ(ReasonOf<pb::ClaimCouponResponse>(client_.ClaimOf("no-such-campaign", "ada")),
            "CAMPAIGN_NOT_FOUND");
  const std::string page = deployment_.issuer().Metrics();
  const auto handled = [&page](const std::string& code) {
    for (size_t at = 0; (at = page.find("\ngrpc_server_handled_total{", at)) != std::string::npos; ++at) {
      const std::string line = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
      const bool right = line.find("grpc_method=\"ClaimCoupon\"") != std::string::npos &&
                         line.find("grpc_code=\"" + code + "\"") != std::string::npos;
      if (right) return std::stod(line.substr(line.rfind(' ')));
    }
    return std::nan("");
  };
  EXPECT_EQ(handled("OK"), 1);
  EXPECT_EQ(handled("NotFound") + 0, 1) << page.substr(0, 2000);
  EXPECT_NE(page.find("\ngrpc_server_handling_seconds"), std::string::npos);
  EXPECT_NE(page.find("\ncoupon_issue_total{"), std::string::npos);
}

}  // namespace
}  // namespace tessera::e2e
