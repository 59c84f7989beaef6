#pragma once

#include "core/order.h"
#include "core/result.h"
#include "coupon/v1/order.pb.h"

// Orders as they are stored and shown. Pure, any thread.
namespace tessera::api {

coupon::v1::Order ToProto(const core::Order& order);

// An order that was stored. What input must be is not asked again, since the rules may have become stricter:
// only what the core can't compute with is refused, with STORE_NONSENSE. An order without a currency gets
// none.
core::Result<core::Order> ReadOrder(const coupon::v1::Order& stored);

}  // namespace tessera::api
