#pragma once

#include <string>
#include <vector>

#include "services/issuer/campaign_handlers.h"
#include "services/issuer/coupon_handlers.h"
#include "services/redeemer/judgement_handlers.h"
#include "services/redeemer/operation_handlers.h"
#include "services/redeemer/optimize_handlers.h"
#include "services/redeemer/redemption_handlers.h"
#include "services/redeemer/return_handlers.h"
#include "tests/unit/services/handler_bench.h"

namespace tessera::redeemer {

namespace pb = coupon::v1;

// All handlers of the redeemer on the model, and those of the issuer that give it something to do.
class RedeemerBench : public program::HandlerBench {
 protected:
  void OpenCampaign(const std::string& campaign_id, const pb::CampaignDefinition& definition) {
    pb::CreateCampaignRequest create;
    create.set_request_id(NextId());
    create.set_campaign_id(campaign_id);
    *create.mutable_campaign() = definition;
    create.mutable_campaign()->set_restore_policy(pb::RESTORE_POLICY_RESTORE);
    const auto created = Call(campaigns_, &issuer::CampaignHandlers::CreateCampaign, create);
    ASSERT_TRUE(created.ok()) << created.error().message;
    pb::ActivateCampaignRequest activate;
    activate.set_request_id(NextId());
    activate.set_campaign_id(campaign_id);
    ASSERT_TRUE(Call(campaigns_, &issuer::CampaignHandlers::ActivateCampaign, activate).ok());
  }
  // A campaign without limits whose coupons take off so much.
  static pb::CampaignDefinition Amount(int64_t amount_minor) {
    pb::CampaignDefinition definition = api::GoodDefinition();
    definition.clear_use_limits();
    definition.clear_limits();
    definition.mutable_offer()->clear_minimum_spend_minor();
    definition.mutable_offer()->mutable_amount_off()->set_amount_minor(amount_minor);
    return definition;
  }
  static pb::CampaignDefinition Exclusive(pb::CampaignDefinition definition) {
    definition.mutable_offer()->mutable_stacking()->set_exclusive(true);
    return definition;
  }

  pb::IssuedCoupon Claim(const std::string& campaign_id, const std::string& user_id) {
    pb::ClaimCouponRequest claim;
    claim.set_request_id(NextId());
    claim.set_campaign_id(campaign_id);
    claim.set_user_id(user_id);
    const auto claimed = Call(coupons_, &issuer::CouponHandlers::ClaimCoupon, claim);
    EXPECT_TRUE(claimed.ok()) << claimed.error().message;
    return claimed.ok() ? claimed->coupon() : pb::IssuedCoupon();
  }
  std::string PrintCode(const std::string& campaign_id) {
    pb::GenerateCodesRequest generate;
    generate.set_request_id(NextId());
    generate.set_campaign_id(campaign_id);
    generate.set_count(1);
    const auto made = Call(coupons_, &issuer::CouponHandlers::GenerateCodes, generate);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made.ok() ? made->codes(0) : "";
  }

  // A redemption of these coupons by their ids; of a text that is no id, by its code.
  template <class Request>
  Request UseOf(const std::string& user_id, const std::vector<std::string>& coupons) {
    Request request;
    request.set_user_id(user_id);
    for (const std::string& coupon : coupons) {
      if (coupon.starts_with("c-")) {
        request.add_coupons()->set_coupon_id(coupon);
      } else {
        request.add_coupons()->set_code(coupon);
      }
    }
    *request.mutable_order() = api::GoodOrder();
    return request;
  }
  core::Result<pb::RedeemCouponsResponse> Redeem(const std::string& user_id,
                                                 const std::vector<std::string>& coupons,
                                                 bool partial = false) {
    auto request = UseOf<pb::RedeemCouponsRequest>(user_id, coupons);
    request.set_request_id(NextId());
    request.set_partial(partial);
    return Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  }

  static std::string Fact(const core::Error& error, const std::string& key) {
    for (const auto& [name, value] : error.metadata) {
      if (name == key) return value;
    }
    return "(none)";
  }

  issuer::IssuerMetrics issuer_metrics_{registry_};
  issuer::CampaignHandlers campaigns_{store_, tools_, issuer_metrics_};
  issuer::CouponHandlers coupons_{store_, store_, reader_, tools_, issuer_metrics_};
  RedeemerMetrics metrics_{registry_};
  JudgementHandlers judgements_{store_, store_, reader_, tools_, metrics_};
  OptimizeHandlers choices_{store_, store_, reader_, tools_, metrics_};
  RedemptionHandlers redemptions_{store_, reader_, tools_, metrics_};
  ReturnHandlers returns_{store_, tools_, metrics_};
  OperationHandlers operations_{store_, store_, reader_, tools_, metrics_};
};

// The same with three coupons of ada's. The order is of 60.00: three lines, 1, 2 and 3 pieces of 10.00.
class StackBench : public RedeemerBench {
 protected:
  void SetUp() override {
    OpenCampaign("five", Amount(500));
    OpenCampaign("seven", Amount(700));
    OpenCampaign("ten-alone", Exclusive(Amount(1'000)));
    five_ = Claim("five", "ada").coupon_id();
    seven_ = Claim("seven", "ada").coupon_id();
    alone_ = Claim("ten-alone", "ada").coupon_id();
  }

  std::string five_, seven_, alone_;
};

}  // namespace tessera::redeemer
