#pragma once

#include <grpcpp/support/status.h>

#include <chrono>

#include "core/result.h"

// How a refusal looks on the wire: the only place where an Error becomes a grpc::Status. Pure, any thread.
namespace tessera::api {

// ErrorInfo.domain of every refusal.
inline constexpr std::string_view kErrorDomain = "coupon.v1";

// The metadata key by which an Error says after how many milliseconds to try again; becomes RetryInfo.
inline constexpr std::string_view kRetryAfterMs = "retry_after_ms";

// RetryInfo of an OVERLOADED that names no time of its own.
inline constexpr std::chrono::milliseconds kRetryAfterDefault{100};

// The status that each reason ends with; error_reason.proto says the same in its options.
grpc::StatusCode StatusCodeOf(core::Reason reason);

// Code and message, and as details the bytes of a google.rpc.Status that holds google.rpc.ErrorInfo (reason,
// domain, metadata) and, where trying again later helps, google.rpc.RetryInfo. The cause stays here.
grpc::Status ToGrpcStatus(const core::Error& error);

}  // namespace tessera::api
