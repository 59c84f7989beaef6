// SpendingFixture has campaigns with limits of uses, and the calls that spend of them.
#pragma once

#include <functional>
#include <string>

#include "stack_contract.h"

namespace tessera::contract {

class SpendingFixture : public StackFixture {
 protected:
  // A campaign of 500 off each coupon, with limits of uses.
  std::string With(const std::function<void(core::UseLimits&)>& change) {
    return Off(500, 0, [&change](core::CampaignDefinition& d) { change(d.use_limits); });
  }
  std::string WithBudget(int64_t minor, bool clips = false) {
    return With([minor, clips](core::UseLimits& limits) {
      limits.budget_total_minor = minor;
      limits.budget_clips = clips;
    });
  }
  // User(i) uses a fresh coupon on an order of 2000.
  core::Result<storage::Redemption> RedeemBy(const std::string& campaign_id, uint32_t i,
                                             const std::string& order_id = "order-1") {
    return Redeem(IntentOf(Coupon(campaign_id, i), i, order_id));
  }
  core::Result<storage::Reservation> ReserveBy(const std::string& campaign_id, uint32_t i,
                                               const std::string& order_id = "order-1",
                                               int64_t ttl_ms = 60'000) {
    return Reserve(IntentOf(Coupon(campaign_id, i), i, order_id), ttl_ms);
  }
  storage::UseIntent IntentOf(core::CouponName coupon, uint32_t i, const std::string& order_id) {
    return Use(storage::Method::kRedeemCoupons, Names{coupon}, i, order_id);
  }
};

}  // namespace tessera::contract
