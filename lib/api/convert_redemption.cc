#include "api/convert_redemption.h"

#include "api/convert_campaign.h"
#include "api/coupon_ref.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

pb::Money MoneyOf(int64_t minor, const core::Currency& currency) {
  core::Money money;
  money.minor = minor;
  money.currency = currency;
  return ToProto(money);
}

}  // namespace

pb::Redemption ToProto(const storage::Redemption& redemption) {
  pb::Redemption out;
  out.set_redemption_id(redemption.ref.ToId('r'));
  out.set_coupon_id(redemption.coupon.ToId());
  out.set_campaign_id(redemption.campaign_id);
  out.set_order_id(redemption.order_id);
  *out.mutable_subtotal() = MoneyOf(redemption.subtotal_minor, redemption.currency);
  *out.mutable_discount() = MoneyOf(redemption.discount_minor, redemption.currency);
  *out.mutable_redeem_time() = ToProto(redemption.redeem_time_ms);
  return out;
}

pb::Reservation ToProto(const storage::Reservation& reservation) {
  pb::Reservation out;
  out.set_reservation_id(reservation.ref.ToId('h'));
  out.set_coupon_id(reservation.coupon.ToId());
  out.set_campaign_id(reservation.campaign_id);
  out.set_order_id(reservation.order_id);
  *out.mutable_subtotal() = MoneyOf(reservation.subtotal_minor, reservation.currency);
  *out.mutable_discount() = MoneyOf(reservation.discount_minor, reservation.currency);
  *out.mutable_expire_time() = ToProto(reservation.expire_time_ms);
  return out;
}

pb::Applicable ToProto(const storage::Verdict& verdict) {
  pb::Applicable out;
  out.set_coupon_id(CouponIdOf(verdict.coupon));
  out.set_campaign_id(verdict.campaign_id);
  *out.mutable_discount() = MoneyOf(verdict.discount.discount_minor, verdict.currency);
  return out;
}

pb::RedeemCouponsResponse ToRedeemResponse(const storage::Redemption& redemption) {
  pb::RedeemCouponsResponse out;
  *out.add_redemptions() = ToProto(redemption);
  return out;
}

pb::ReserveCouponsResponse ToReserveResponse(const storage::Reservation& reservation) {
  pb::ReserveCouponsResponse out;
  *out.add_reservations() = ToProto(reservation);
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

pb::RollbackRedemptionResponse ToProto(const storage::RolledBack& rolled_back) {
  pb::RollbackRedemptionResponse out;
  out.set_redemption_id(rolled_back.redemption.ToId('r'));
  *out.mutable_rollback_time() = ToProto(rolled_back.rollback_time_ms);
  out.set_restored(rolled_back.restored);
  return out;
}

pb::GetRedemptionResponse ToProto(const storage::RedemptionView& view) {
  pb::GetRedemptionResponse out;
  *out.mutable_redemption() = ToProto(view.redemption);
  if (view.rolled_back) {
    *out.mutable_rollback_time() = ToProto(view.rolled_back->rollback_time_ms);
    out.set_restored(view.rolled_back->restored);
  }
  return out;
}

}  // namespace tessera::api
