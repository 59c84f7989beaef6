// CodeFixture has the calls about codes that belong to nobody.
#pragma once

#include "store_contract.h"

namespace tessera::contract {

// The calls about codes in a few words each.
class CodeFixture : public StoreFixture {
 protected:
  core::Result<storage::GeneratedCodes> Make(const std::string& campaign_id, uint64_t count) {
    return Make(campaign_id, count, NewOp(storage::Method::kGenerateCodes));
  }
  core::Result<storage::GeneratedCodes> Make(const std::string& campaign_id, uint64_t count,
                                             const storage::Operation& op) {
    storage::GenerateCodesIntent intent;
    intent.op = op;
    intent.campaign_id = campaign_id;
    intent.count = count;
    return Await(store_->codes().GenerateCodes(intent));
  }
  // The test fails when it is refused.
  core::CodeNumber Code(const std::string& campaign_id) {
    const auto made = Make(campaign_id, 1);
    EXPECT_THAT(made, Succeeds());
    return {made.ok() ? made->numbers.first : 0};
  }
  core::Result<storage::Issued> Bind(core::CodeNumber code, uint32_t user) {
    return Bind(code, user, NewOp(storage::Method::kBindCode));
  }
  core::Result<storage::Issued> Bind(core::CodeNumber code, uint32_t user, const storage::Operation& op) {
    storage::BindIntent intent;
    intent.op = op;
    intent.code = code;
    intent.user = User(user);
    return Await(store_->codes().Bind(intent));
  }
  storage::UseIntent By(uint32_t user, core::CodeNumber code, const std::string& order_id) {
    storage::UseIntent intent = Use(storage::Method::kRedeemCoupons, code, order_id);
    intent.user = User(user);
    return intent;
  }
  core::Result<storage::Redemption> RedeemBy(uint32_t user, core::CodeNumber code,
                                             const std::string& order_id) {
    return Await(store_->redemptions().Redeem(By(user, code, order_id)));
  }
  core::Result<storage::CodeView> View(core::CodeNumber code) {
    return Await(store_->codes().GetCode(code, Soon()));
  }
  std::string ActiveWith(std::function<void(core::CampaignDefinition&)> change) {
    core::CampaignDefinition definition = Definition();
    change(definition);
    return Active(definition);
  }
};

}  // namespace tessera::contract
