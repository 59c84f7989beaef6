#pragma once

#include "coupon/v1/redeemer_service.pb.h"
#include "coupon/v1/redemption.pb.h"
#include "storage/operation.h"
#include "storage/redemption_store.h"

// Uses of coupons in the words of coupon.v1. Pure, any thread.
namespace tessera::api {

coupon::v1::Redemption ToProto(const storage::Redemption& redemption);
coupon::v1::Reservation ToProto(const storage::Reservation& reservation);
coupon::v1::Applicable ToProto(const storage::Verdict& verdict);
coupon::v1::RedeemCouponsResponse ToRedeemResponse(const storage::Redemption& redemption);
coupon::v1::ReserveCouponsResponse ToReserveResponse(const storage::Reservation& reservation);
coupon::v1::CommitReservationResponse ToCommitResponse(const storage::Redemption& redemption);
coupon::v1::ReleaseReservationResponse ToProto(const storage::Released& released);
coupon::v1::RollbackRedemptionResponse ToProto(const storage::RolledBack& rolled_back);
coupon::v1::GetRedemptionResponse ToProto(const storage::RedemptionView& view);

}  // namespace tessera::api
