#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/coupon_ref.h"
#include "core/ids.h"
#include "core/optimizer.h"
#include "core/order.h"
#include "core/result.h"
#include "coupon/v1/judgement.pb.h"

// Requests that ask what coupons would do, checked and in the words of the core, but for codes, which are to
// be read. INVALID_FIELD names the field; SUBJECT_REQUIRED where a user is missing. Pure, any thread.
namespace tessera::api {

struct ValidateCoupons {
  std::optional<std::string> user_id;  // absent: the bearer of the one code
  std::vector<TypedCoupon> coupons;    // 1 to limits::kStackedCouponsMax
  core::Order order;
};

struct OptimizeCoupons {
  std::string user_id;
  std::vector<TypedCoupon> coupons;  // up to limits::kOptimizedCouponsMax; none: the wallet's
  core::Order order;
  core::Objective objective = core::Objective::kCustomerMax;
  // Where the best set is to be reserved.
  struct Reserve {
    core::RequestId request_id;
    int64_t ttl_ms = 0;
  };
  std::optional<Reserve> reserve;
};

struct ListEligibleCoupons {
  std::string user_id;
  core::Order order;
  int32_t page_size = 0;
  bool with_lines = false;
};

core::Result<ValidateCoupons> Parse(const coupon::v1::ValidateCouponsRequest& request);
core::Result<OptimizeCoupons> Parse(const coupon::v1::OptimizeCouponsRequest& request);
core::Result<ListEligibleCoupons> Parse(const coupon::v1::ListEligibleCouponsRequest& request);
// The shape bounds the partitions that an id can name.
core::Result<core::OpRef> Parse(const coupon::v1::ExplainRedemptionRequest& request,
                                const core::Shape& shape);

}  // namespace tessera::api
