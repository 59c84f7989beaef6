#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/coupon_ref.h"
#include "api/field_checker.h"
#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/issuer_service.pb.h"
#include "storage/coupon_store.h"

// Requests to the issuer about coupons, checked and in the words of core and port, but for codes, which are
// to be read. INVALID_FIELD names the field. Pure, any thread.
namespace tessera::api {

// One coupon for one user, granted or claimed.
struct IssueCoupon {
  core::RequestId request_id;
  std::string campaign_id;
  std::string user_id;
};

struct BatchIssueCoupons {
  core::RequestId request_id;
  std::string campaign_id;
  std::vector<std::string> user_ids;  // distinct
};

struct ListUserCoupons {
  std::string user_id;
  std::optional<storage::CouponState> state;
  std::optional<std::string> campaign_id;
  int32_t page_size = 0;
};

struct RevokeCoupon {
  core::RequestId request_id;
  TypedCoupon coupon;
  coupon::v1::RevokeReason reason = coupon::v1::REVOKE_REASON_UNSPECIFIED;
  storage::ReservedPolicy reserved_policy = storage::ReservedPolicy::kWait;
  bool return_stock = false;
};

struct GenerateCodes {
  core::RequestId request_id;
  std::string campaign_id;
  int32_t count = 0;  // 1 to limits::kCodesPerCallMax
};

struct BindCode {
  core::RequestId request_id;
  TypedCode code;
  std::string user_id;
};

storage::ReservedPolicy ParseReservedPolicy(FieldChecker& check, const FieldPath& path,
                                            coupon::v1::ReservedPolicy policy);

core::Result<IssueCoupon> Parse(const coupon::v1::IssueCouponRequest& request);
core::Result<IssueCoupon> Parse(const coupon::v1::ClaimCouponRequest& request);
core::Result<BatchIssueCoupons> Parse(const coupon::v1::BatchIssueCouponsRequest& request);
core::Result<ListUserCoupons> Parse(const coupon::v1::ListUserCouponsRequest& request);
core::Result<TypedCoupon> Parse(const coupon::v1::GetCouponRequest& request);
core::Result<RevokeCoupon> Parse(const coupon::v1::RevokeCouponRequest& request);
core::Result<GenerateCodes> Parse(const coupon::v1::GenerateCodesRequest& request);
core::Result<BindCode> Parse(const coupon::v1::BindCodeRequest& request);

}  // namespace tessera::api
