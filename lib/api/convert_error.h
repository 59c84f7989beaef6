#pragma once

#include "core/result.h"
#include "coupon/v1/error_reason.pb.h"

// Refusals inside answers. Pure, any thread.
namespace tessera::api {

coupon::v1::ErrorReason ToProto(core::Reason reason);
coupon::v1::Refusal ToProto(const core::Error& error);
void Set(coupon::v1::Refusal* out, const core::Error& error);
// A refusal that was stored. A reason that this version does not know was no verdict of it: INTERNAL.
core::Error ReadRefusal(const coupon::v1::Refusal& stored);

// Whether a refusal says something about the coupon, the order or the campaign, as a verdict does, and not
// that the call could not be judged.
bool IsVerdict(core::Reason reason);

}  // namespace tessera::api
