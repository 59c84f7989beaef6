#include "api/convert_error.h"

#include <string>

#include "api/status.h"

namespace tessera::api {

coupon::v1::ErrorReason ToProto(core::Reason reason) {
  coupon::v1::ErrorReason out = coupon::v1::ERROR_REASON_UNSPECIFIED;
  coupon::v1::ErrorReason_Parse("ERROR_REASON_" + std::string(core::ReasonName(reason)), &out);
  return out;
}

void Set(coupon::v1::Refusal* out, const core::Error& error) {
  out->set_reason(ToProto(error.reason));
  out->set_message(error.message);
  for (const auto& [key, value] : error.metadata) {
    coupon::v1::RefusalMetadata* entry = out->add_metadata();
    entry->set_key(key);
    entry->set_value(value);
  }
}

coupon::v1::Refusal ToProto(const core::Error& error) {
  coupon::v1::Refusal out;
  Set(&out, error);
  return out;
}

core::Error ReadRefusal(const coupon::v1::Refusal& stored) {
  // The enums mirror each other, value by value (status_test.cc).
  const int place = stored.reason() - 1;
  const bool known = place >= 0 && place < core::kReasonCount;
  const core::Reason reason = known ? static_cast<core::Reason>(place) : core::Reason::kInternal;
  core::Error error(reason, stored.message());
  for (const coupon::v1::RefusalMetadata& entry : stored.metadata()) {
    error.metadata.emplace_back(entry.key(), entry.value());
  }
  return error;
}

bool IsVerdict(core::Reason reason) {
  if (reason == core::Reason::kRequestTooOld || reason == core::Reason::kOperationFenced) return false;
  switch (StatusCodeOf(reason)) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return true;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return reason != core::Reason::kOverloaded && reason != core::Reason::kStorageFull &&
             reason != core::Reason::kAttemptsExhausted;
    default:
      return false;
  }
}

}  // namespace tessera::api
