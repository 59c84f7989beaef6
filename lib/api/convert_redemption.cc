#include "api/convert_redemption.h"

#include "api/convert_campaign.h"
#include "api/convert_error.h"
#include "api/coupon_ref.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

// What a reservation and a redemption have in common.
template <class Message, class Stored>
Message Stack(const Stored& stored) {
  Message out;
  out.set_order_id(stored.order_id);
  SetSums(&out, stored.subtotal_minor, stored.shipping_minor, stored.discount_minor, stored.currency);
  const OrderWords order{stored.currency, stored.line_ids};
  for (const core::AppliedCoupon& applied : stored.coupons) *out.add_coupons() = ToProto(applied, order);
  for (const storage::LeftOut& left_out : stored.left_out) *out.add_left_out() = ToProto(left_out);
  return out;
}

void Set(pb::Money* out, int64_t minor, const core::Currency& currency) {
  out->set_currency_code(currency.code().data(), currency.code().size());
  out->set_amount_minor(minor);
}

}  // namespace

pb::Money MoneyOf(int64_t minor, const core::Currency& currency) {
  pb::Money out;
  Set(&out, minor, currency);
  return out;
}

std::vector<std::string> LineIdsOf(const core::Order& order) {
  std::vector<std::string> ids;
  ids.reserve(order.lines.size());
  for (const core::OrderLine& line : order.lines) ids.push_back(line.line_id);
  return ids;
}

void Set(pb::AppliedCoupon* out, const core::AppliedCoupon& applied, const OrderWords& order) {
  out->set_coupon_id(CouponIdOf(applied.key.name));
  out->set_campaign_id(applied.key.campaign_id);
  Set(out->mutable_discount(), applied.discount_minor, order.currency);
  if (applied.shipping_minor != 0) {
    Set(out->mutable_shipping_discount(), applied.shipping_minor, order.currency);
  }
  out->mutable_lines()->Reserve(static_cast<int>(applied.lines.size()));
  for (const core::LineShare& share : applied.lines) {
    pb::LineDiscount* line = out->add_lines();
    if (share.line < order.line_ids.size()) line->set_line_id(order.line_ids[share.line]);
    Set(line->mutable_discount(), share.minor, order.currency);
  }
  if (applied.added) {
    out->mutable_added_item()->set_sku(applied.added->sku);
    out->mutable_added_item()->set_quantity(applied.added->quantity);
  }
}

pb::AppliedCoupon ToProto(const core::AppliedCoupon& applied, const OrderWords& order) {
  pb::AppliedCoupon out;
  Set(&out, applied, order);
  return out;
}

pb::LeftOutCoupon ToProto(const storage::LeftOut& left_out) {
  pb::LeftOutCoupon out;
  out.set_coupon_id(CouponIdOf(left_out.coupon));
  *out.mutable_refusal() = ToProto(left_out.why);
  return out;
}

pb::Redemption ToProto(const storage::Redemption& redemption) {
  auto out = Stack<pb::Redemption>(redemption);
  out.set_redemption_id(redemption.ref.ToId('r'));
  *out.mutable_redeem_time() = ToProto(redemption.redeem_time_ms);
  return out;
}

pb::Reservation ToProto(const storage::Reservation& reservation) {
  auto out = Stack<pb::Reservation>(reservation);
  out.set_reservation_id(reservation.ref.ToId('h'));
  *out.mutable_expire_time() = ToProto(reservation.expire_time_ms);
  return out;
}

pb::Rollback ToProto(const storage::RolledBack& rolled_back) {
  pb::Rollback out;
  const core::Currency& currency = rolled_back.currency;
  out.set_redemption_id(rolled_back.redemption.ToId('r'));
  *out.mutable_refund() = MoneyOf(rolled_back.refund_minor, currency);
  *out.mutable_due() = MoneyOf(rolled_back.due_minor, currency);
  for (const storage::ReturnedCoupon& returned : rolled_back.coupons) {
    pb::ReturnedCoupon* coupon = out.add_coupons();
    coupon->set_coupon_id(returned.coupon.ToId());
    *coupon->mutable_returned() = MoneyOf(returned.returned_minor, currency);
    *coupon->mutable_clawed_back() = MoneyOf(returned.clawed_minor, currency);
    coupon->set_restored(returned.restored);
  }
  out.set_whole(rolled_back.whole);
  *out.mutable_rollback_time() = ToProto(rolled_back.rollback_time_ms);
  return out;
}

pb::RedeemCouponsResponse ToRedeemResponse(const storage::Redemption& redemption) {
  pb::RedeemCouponsResponse out;
  *out.mutable_redemption() = ToProto(redemption);
  return out;
}

pb::ReserveCouponsResponse ToReserveResponse(const storage::Reservation& reservation) {
  pb::ReserveCouponsResponse out;
  *out.mutable_reservation() = ToProto(reservation);
  return out;
}

pb::CommitReservationResponse ToCommitResponse(const storage::Redemption& redemption) {
  pb::CommitReservationResponse out;
  *out.mutable_redemption() = ToProto(redemption);
  return out;
}

pb::ReleaseReservationResponse ToProto(const storage::Released& released) {
  pb::ReleaseReservationResponse out;
  out.set_reservation_id(released.reservation.ToId('h'));
  *out.mutable_release_time() = ToProto(released.release_time_ms);
  return out;
}

pb::RollbackRedemptionResponse ToRollbackResponse(const storage::RolledBack& rolled_back) {
  pb::RollbackRedemptionResponse out;
  *out.mutable_rollback() = ToProto(rolled_back);
  return out;
}

pb::GetRedemptionResponse ToProto(const storage::RedemptionView& view) {
  pb::GetRedemptionResponse out;
  *out.mutable_redemption() = ToProto(view.redemption);
  for (const storage::RolledBack& rolled_back : view.returns) *out.add_rollbacks() = ToProto(rolled_back);
  return out;
}

}  // namespace tessera::api
