#pragma once

#include "api/field_path.h"
#include "core/order.h"
#include "core/result.h"
#include "coupon/v1/order.pb.h"

namespace tessera::api {

// INVALID_FIELD names the field; sums that would pass the largest amount are named at `lines`. Pure, any
// thread.
core::Result<core::Order> ParseOrder(const coupon::v1::Order& order, const FieldPath& path);

}  // namespace tessera::api
