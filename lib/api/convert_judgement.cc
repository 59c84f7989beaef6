#include "api/convert_judgement.h"

#include "api/convert_error.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

}  // namespace

void Set(pb::CouponVerdict* out, const Says& says, const OrderWords& order) {
  if (const auto* applied = std::get_if<core::AppliedCoupon>(&says)) {
    Set(out->mutable_applicable(), *applied, order);
  } else {
    Set(out->mutable_refusal(), std::get<core::Error>(says));
  }
}

pb::CouponVerdict ToProto(const Says& says, const OrderWords& order) {
  pb::CouponVerdict out;
  Set(&out, says, order);
  return out;
}

pb::StackDecision DecisionOf(const storage::Redemption& redemption) {
  pb::StackDecision out;
  SetSums(&out, redemption.subtotal_minor, redemption.shipping_minor, redemption.discount_minor,
          redemption.currency);
  const OrderWords order{redemption.currency, redemption.line_ids};
  for (const core::AppliedCoupon& applied : redemption.coupons) *out.add_coupons() = ToProto(applied, order);
  return out;
}

pb::StackDecision DecisionOf(const core::PricedStack& stack, const core::Order& order) {
  pb::StackDecision out;
  SetSums(&out, order, stack.discount_minor);
  const std::vector<std::string> line_ids = LineIdsOf(order);
  const OrderWords words{order.currency, line_ids};
  for (const core::AppliedCoupon& applied : stack.applied) *out.add_coupons() = ToProto(applied, words);
  return out;
}

}  // namespace tessera::api
