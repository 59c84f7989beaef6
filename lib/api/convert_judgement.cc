#include "api/convert_judgement.h"

#include "api/convert_error.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

}  // namespace

pb::CouponVerdict ToProto(const Says& says, const OrderWords& order) {
  pb::CouponVerdict out;
  if (const auto* applied = std::get_if<core::AppliedCoupon>(&says)) {
    *out.mutable_applicable() = ToProto(*applied, order);
  } else {
    *out.mutable_refusal() = ToProto(std::get<core::Error>(says));
  }
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
