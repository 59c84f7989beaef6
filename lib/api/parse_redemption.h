#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/coupon_ref.h"
#include "api/field_checker.h"
#include "core/ids.h"
#include "core/money.h"
#include "core/order.h"
#include "core/result.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "storage/redemption_store.h"

// Requests to the redeemer, checked and in the words of the core, but for codes, which are to be read.
// INVALID_FIELD names the field; calls that name coupons are refused with SUBJECT_REQUIRED too. Pure, any
// thread.
namespace tessera::api {

// Coupons on an order: to be used, or to be held for `ttl_ms`.
struct UseCoupons {
  core::RequestId request_id;
  std::optional<std::string> user_id;  // absent: the bearer of the one code
  std::vector<TypedCoupon> coupons;    // 1 to limits::kStackedCouponsMax
  core::Order order;
  bool partial = false;
  int64_t ttl_ms = 0;  // of a reservation
};

struct CommitReservation {
  core::RequestId request_id;
  core::OpRef reservation;
  std::string order_id;
  core::Money discount;
};

struct ReleaseReservation {
  core::RequestId request_id;
  core::OpRef reservation;
};

struct RollbackRedemption {
  core::RequestId request_id;
  core::OpRef redemption;
  // The whole, when none of these is set.
  std::vector<storage::ReturnedLine> lines;
  bool shipping = false;
  std::optional<core::CouponNumber> coupon;
};

core::Result<UseCoupons> Parse(const coupon::v1::RedeemCouponsRequest& request);
core::Result<UseCoupons> Parse(const coupon::v1::ReserveCouponsRequest& request);
// The shape bounds the partitions that an id can name.
core::Result<CommitReservation> Parse(const coupon::v1::CommitReservationRequest& request,
                                      const core::Shape& shape);
core::Result<ReleaseReservation> Parse(const coupon::v1::ReleaseReservationRequest& request,
                                       const core::Shape& shape);
core::Result<RollbackRedemption> Parse(const coupon::v1::RollbackRedemptionRequest& request,
                                       const core::Shape& shape);
core::Result<core::OpRef> Parse(const coupon::v1::GetRedemptionRequest& request, const core::Shape& shape);

// The field `redemption_id` of a request.
core::OpRef ParseRedemptionId(FieldChecker& check, const std::string& id, const core::Shape& shape);

}  // namespace tessera::api
