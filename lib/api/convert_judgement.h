#pragma once

#include <optional>
#include <variant>

#include "api/convert_redemption.h"
#include "core/result.h"
#include "core/stacking.h"
#include "coupon/v1/judgement.pb.h"
#include "storage/redemption_store.h"

// Judgements about coupons in the words of coupon.v1. Pure, any thread.
namespace tessera::api {

// What a coupon takes off, or why it can't be used.
using Says = std::variant<core::AppliedCoupon, core::Error>;

coupon::v1::CouponVerdict ToProto(const Says& says, const OrderWords& order);
// The same into an empty message, wherever that stands.
void Set(coupon::v1::CouponVerdict* out, const Says& says, const OrderWords& order);

// The order's sums, less what coupons take off it.
template <class Message>
void SetSums(Message* out, const core::Order& order, int64_t discount_minor) {
  SetSums(out, order.SubtotalMinor(), order.shipping_minor, discount_minor, order.currency);
}

// The decision that a redemption stands for.
coupon::v1::StackDecision DecisionOf(const storage::Redemption& redemption);
// One that was made anew.
coupon::v1::StackDecision DecisionOf(const core::PricedStack& stack, const core::Order& order);

}  // namespace tessera::api
