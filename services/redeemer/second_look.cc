#include "services/redeemer/second_look.h"

#include <algorithm>

#include "api/convert_campaign.h"
#include "api/convert_error.h"
#include "api/convert_judgement.h"
#include "api/convert_order.h"
#include "api/convert_refusal.h"
#include "api/coupon_ref.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;

size_t Coupons(const storage::Explanation& explanation) {
  return std::min(explanation.redemption.coupons.size(), explanation.campaigns.size());
}

// The coupons of a redemption by their places in it. Of equal priority and campaign they were applied by how
// they were named then, a code perhaps, so they are named by those places here; answers have their ids.
class Names {
 public:
  explicit Names(const std::vector<core::AppliedCoupon>& coupons) : coupons_(coupons) {}

  static core::CouponName ByPlace(size_t place) { return core::CouponNumber{place}; }
  // The coupon that ByPlace named.
  const core::CouponKey& Of(const core::CouponKey& by_place) const {
    return coupons_[std::get<core::CouponNumber>(by_place.name).value].key;
  }

 private:
  const std::vector<core::AppliedCoupon>& coupons_;
};

pb::StackDecision DecideAgain(const storage::Explanation& explanation) {
  const core::Order& order = explanation.receipt.order;
  const Names names(explanation.redemption.coupons);
  std::vector<storage::Candidate> candidates;
  for (size_t i = 0; i < Coupons(explanation); ++i) {
    const auto& limits = explanation.receipt.discount_max_minor;
    candidates.push_back(
        {Names::ByPlace(i), explanation.campaigns[i], i < limits.size() ? limits[i] : std::nullopt});
  }
  Judgement judgement = JudgeStack(order, candidates, order.instant_ms);
  if (auto* stack = std::get_if<core::PricedStack>(&judgement.stack)) {
    for (core::AppliedCoupon& applied : stack->applied) applied.key = names.Of(applied.key);
    return api::DecisionOf(*stack, order);
  }
  pb::StackDecision out;
  api::SetSums(&out, order, 0);
  for (RefusedPlace& refused : std::get<std::vector<RefusedPlace>>(judgement.stack)) {
    if (refused.refusal.other) refused.refusal.other = names.Of(*refused.refusal.other);
    const core::Offer& offer = explanation.campaigns[refused.place]->definition.offer;
    const api::RefusalContext context{order, offer, {}};
    pb::LeftOutCoupon* coupon = out.add_refused();
    coupon->set_coupon_id(api::CouponIdOf(explanation.redemption.coupons[refused.place].key.name));
    *coupon->mutable_refusal() = api::ToProto(api::ToError(refused.refusal, context));
  }
  return out;
}

}  // namespace

pb::ExplainRedemptionResponse LookAgain(const storage::Explanation& explanation) {
  pb::ExplainRedemptionResponse out;
  *out.mutable_redemption() = api::ToProto(explanation.redemption);
  *out.mutable_order() = api::ToProto(explanation.receipt.order);
  *out.mutable_judge_time() = api::ToProto(explanation.receipt.order.instant_ms);
  for (size_t i = 0; i < Coupons(explanation); ++i) {
    pb::JudgedCampaign* campaign = out.add_campaigns();
    campaign->set_campaign_id(explanation.campaigns[i]->id);
    if (i < explanation.receipt.campaign_versions.size()) {
      campaign->set_judged_version(explanation.receipt.campaign_versions[i]);
    }
    campaign->set_present_version(explanation.campaigns[i]->version);
  }
  *out.mutable_decision() = DecideAgain(explanation);
  const pb::StackDecision stored = api::DecisionOf(explanation.redemption);
  out.set_matches(stored.SerializeAsString() == out.decision().SerializeAsString());
  return out;
}

}  // namespace tessera::redeemer
