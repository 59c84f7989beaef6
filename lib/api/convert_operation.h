#pragma once

#include "core/code.h"
#include "core/result.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "storage/operation.h"

namespace tessera::api {

// What became of a call of `method`; when it took effect, with the very message that the call answered.
// STORE_NONSENSE when the record is not one of such a call. Pure, any thread.
core::Result<coupon::v1::Operation> ToProto(const storage::OperationStatus& status, storage::Method method,
                                            const core::CodeBook& codes);

}  // namespace tessera::api
