// StackFixture has the calls about several coupons of one order.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "code_contract.h"

namespace tessera::contract {

class StackFixture : public CodeFixture {
 protected:
  using Names = std::vector<core::CouponName>;

  // Line "1": 2 of 1500. Line "2": 1 of 2000. Shipping 500.
  static core::Order Basket() {
    core::Order order = OrderOf(1'500);
    order.lines[0].quantity = 2;
    order.lines.push_back({"2", "sku-2", 1, 2'000});
    order.shipping_minor = 500;
    return order;
  }

  // A campaign whose coupons take so much off; those of lower priority come first.
  std::string Off(int64_t minor, int32_t priority = 0,
                  const std::function<void(core::CampaignDefinition&)>& change = {}) {
    core::CampaignDefinition definition = Definition();
    definition.offer.benefit = core::AmountOff{minor};
    definition.offer.stacking.priority = priority;
    if (change) change(definition);
    const std::string id = Active(definition);
    campaigns_.push_back(id);
    return id;
  }
  // A coupon of User(1) of a fresh campaign.
  core::CouponNumber CouponOff(int64_t minor, int32_t priority = 0,
                               const std::function<void(core::CampaignDefinition&)>& change = {}) {
    return Coupon(Off(minor, priority, change), 1);
  }
  core::CodeNumber CodeOff(int64_t minor, int32_t priority = 0,
                           const std::function<void(core::CampaignDefinition&)>& change = {}) {
    return WatchedCode(Off(minor, priority, change));
  }
  core::CodeNumber WatchedCode(const std::string& campaign_id) {
    codes_.push_back(Code(campaign_id));
    return codes_.back();
  }

  // User(1) uses them on the basket.
  storage::UseIntent Stack(Names names, const std::string& order_id) {
    storage::UseIntent intent = Use(storage::Method::kRedeemCoupons, std::move(names), 1, order_id);
    Buy(intent, Basket());
    return intent;
  }
  core::Result<storage::Redemption> RedeemStack(Names names, const std::string& order_id) {
    return Redeem(Stack(std::move(names), order_id));
  }
  core::Result<storage::Reservation> ReserveStack(Names names, const std::string& order_id,
                                                  int64_t ttl_ms = 60'000) {
    return Reserve(Stack(std::move(names), order_id), ttl_ms);
  }

  core::Result<storage::RolledBack> Return(storage::RollbackIntent intent) {
    intent.op = NewOp(storage::Method::kRollbackRedemption);
    return Await(store_->redemptions().Rollback(std::move(intent)));
  }
  core::Result<storage::RolledBack> ReturnCoupon(const core::OpRef& redemption, core::CouponNumber coupon) {
    storage::RollbackIntent intent;
    intent.redemption = redemption;
    intent.coupon = coupon;
    return Return(std::move(intent));
  }
  core::Result<storage::RolledBack> ReturnLines(const core::OpRef& redemption,
                                                std::vector<storage::ReturnedLine> lines,
                                                bool shipping = false) {
    storage::RollbackIntent intent;
    intent.redemption = redemption;
    intent.lines = std::move(lines);
    intent.shipping = shipping;
    return Return(std::move(intent));
  }

  // Everything that the calls so far may have changed, of the users 1 and 2.
  struct State {
    std::vector<storage::CampaignTotals> totals;
    std::vector<storage::Coupon> coupons;
    std::vector<storage::CodeView> codes;
  };
  State StateNow() {
    State state;
    for (const std::string& id : campaigns_) state.totals.push_back(Totals(id));
    for (const uint32_t user : {1, 2}) {
      for (const storage::Coupon& coupon : Wallet(User(user))) state.coupons.push_back(coupon);
    }
    for (const core::CodeNumber code : codes_) state.codes.push_back(*View(code));
    return state;
  }
  void ExpectUnchangedSince(const State& before) {
    const State after = StateNow();
    ASSERT_EQ(after.totals.size(), before.totals.size());
    for (size_t i = 0; i < after.totals.size(); ++i) {
      EXPECT_EQ(after.totals[i], before.totals[i]) << Describe(Value(before.totals[i])) << "\n"
                                                   << Describe(Value(after.totals[i]));
    }
    EXPECT_EQ(after.coupons, before.coupons) << Describe(Value(before.coupons)) << "\n"
                                             << Describe(Value(after.coupons));
    EXPECT_EQ(after.codes, before.codes);
  }

  // Of one coupon of a verdict: what it takes off, or why nothing.
  static const core::AppliedCoupon* Applied(const storage::CouponVerdict& verdict) {
    return std::get_if<core::AppliedCoupon>(&verdict.says);
  }
  static core::Reason Refused(const storage::CouponVerdict& verdict) {
    const auto* why = std::get_if<core::Error>(&verdict.says);
    return why != nullptr ? why->reason : core::Reason::kInternal;
  }

  // By place in the order of application.
  static core::CouponNumber Nth(const storage::Redemption& redemption, size_t i) {
    return std::get<core::CouponNumber>(redemption.coupons.at(i).key.name);
  }

  std::vector<std::string> campaigns_;  // whose totals are watched
  std::vector<core::CodeNumber> codes_;
};

}  // namespace tessera::contract
