#pragma once

#include <google/protobuf/repeated_field.h>

#include <optional>
#include <string>
#include <vector>

#include "api/coupon_ref.h"
#include "api/field_checker.h"
#include "core/order.h"
#include "coupon/v1/coupon.pb.h"
#include "coupon/v1/order.pb.h"

// What calls about coupons on an order have in common. Pure, any thread.
namespace tessera::api {

using CouponRefs = google::protobuf::RepeatedPtrField<coupon::v1::CouponRef>;

// At most `coupons_max`, none of them twice as it is typed. Whether an id and a code name the same one is
// seen when codes are read.
std::vector<TypedCoupon> ParseCoupons(FieldChecker& check, const CouponRefs& refs, size_t coupons_max);

// The user, who may be left out by the bearer of one code: SUBJECT_REQUIRED otherwise.
std::optional<std::string> ParseBearer(FieldChecker& check, const std::string& user_id,
                                       const CouponRefs& coupons);
// The user; SUBJECT_REQUIRED when there is none.
std::string ParseUser(FieldChecker& check, const std::string& user_id);

// The field `order` of a request, which must be set.
core::Order ParseOrderField(FieldChecker& check, bool set, const coupon::v1::Order& order);

}  // namespace tessera::api
