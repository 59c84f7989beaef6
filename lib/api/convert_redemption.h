#pragma once

#include <span>
#include <string>

#include "core/money.h"
#include "core/order.h"
#include "core/stacking.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "coupon/v1/redemption.pb.h"
#include "storage/operation.h"
#include "storage/redemption_store.h"

// Uses of coupons in the words of coupon.v1. Pure, any thread.
namespace tessera::api {

coupon::v1::Money MoneyOf(int64_t minor, const core::Currency& currency);

// What a coupon's shares refer to: the order's currency and the ids of its lines, by their places. The ids
// must outlive it.
struct OrderWords {
  core::Currency currency;
  std::span<const std::string> line_ids;
};
// The ids of the order's lines, by their places.
std::vector<std::string> LineIdsOf(const core::Order& order);

coupon::v1::AppliedCoupon ToProto(const core::AppliedCoupon& applied, const OrderWords& order);
// The same into an empty message, wherever that stands.
void Set(coupon::v1::AppliedCoupon* out, const core::AppliedCoupon& applied, const OrderWords& order);
coupon::v1::LeftOutCoupon ToProto(const storage::LeftOut& left_out);

// Fills `subtotal`, `shipping`, `discount` and `payable` of any message that has them.
template <class Message>
void SetSums(Message* out, int64_t subtotal_minor, int64_t shipping_minor, int64_t discount_minor,
             const core::Currency& currency) {
  *out->mutable_subtotal() = MoneyOf(subtotal_minor, currency);
  *out->mutable_shipping() = MoneyOf(shipping_minor, currency);
  *out->mutable_discount() = MoneyOf(discount_minor, currency);
  *out->mutable_payable() = MoneyOf(subtotal_minor + shipping_minor - discount_minor, currency);
}

coupon::v1::Redemption ToProto(const storage::Redemption& redemption);
coupon::v1::Reservation ToProto(const storage::Reservation& reservation);
coupon::v1::Rollback ToProto(const storage::RolledBack& rolled_back);

coupon::v1::RedeemCouponsResponse ToRedeemResponse(const storage::Redemption& redemption);
coupon::v1::ReserveCouponsResponse ToReserveResponse(const storage::Reservation& reservation);
coupon::v1::CommitReservationResponse ToCommitResponse(const storage::Redemption& redemption);
coupon::v1::ReleaseReservationResponse ToProto(const storage::Released& released);
coupon::v1::RollbackRedemptionResponse ToRollbackResponse(const storage::RolledBack& rolled_back);
coupon::v1::GetRedemptionResponse ToProto(const storage::RedemptionView& view);

}  // namespace tessera::api
