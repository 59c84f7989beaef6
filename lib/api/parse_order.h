#pragma once

#include "api/field_path.h"
#include "core/order.h"
#include "core/result.h"
#include "coupon/v1/order.pb.h"

namespace tessera::api {

// INVALID_FIELD names the field, or the line that takes the sum past the largest amount. Ranges are
// core::CheckOrder's, whose paths are spelled as the contract's fields are. When it is bought is not the
// caller's to say: instant_ms is left for whoever knows. Pure, any thread.
core::Result<core::Order> ParseOrder(const coupon::v1::Order& order, const FieldPath& path);

}  // namespace tessera::api
