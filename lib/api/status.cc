#include "api/status.h"

#include <charconv>
#include <optional>
#include <string>

#include "api/convert_campaign.h"

namespace tessera::api {
namespace {

// Field numbers of google/rpc/status.proto, google/rpc/error_details.proto and google/protobuf/any.proto
// (https://github.com/googleapis/googleapis). They are written by hand because a second copy of the package
// google.rpc would collide with the one that callers link.
constexpr int kStatusCode = 1;
constexpr int kStatusMessage = 2;
constexpr int kStatusDetails = 3;
constexpr int kAnyTypeUrl = 1;
constexpr int kAnyValue = 2;
constexpr int kErrorInfoReason = 1;
constexpr int kErrorInfoDomain = 2;
constexpr int kErrorInfoMetadata = 3;
constexpr int kMapKey = 1;
constexpr int kMapValue = 2;
constexpr int kRetryInfoDelay = 1;

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void AppendNumber(std::string& out, int field, uint64_t value) {
  AppendVarint(out, static_cast<uint64_t>(field) << 3);
  AppendVarint(out, value);
}

void AppendBytes(std::string& out, int field, std::string_view bytes) {
  AppendVarint(out, static_cast<uint64_t>(field) << 3 | 2);
  AppendVarint(out, bytes.size());
  out.append(bytes);
}

std::string ErrorInfo(const core::Error& error) {
  std::string info;
  AppendBytes(info, kErrorInfoReason, core::ReasonName(error.reason));
  AppendBytes(info, kErrorInfoDomain, kErrorDomain);
  for (const auto& [key, value] : error.metadata) {
    std::string entry;
    AppendBytes(entry, kMapKey, key);
    AppendBytes(entry, kMapValue, value);
    AppendBytes(info, kErrorInfoMetadata, entry);
  }
  return info;
}

std::optional<std::chrono::milliseconds> RetryAfter(const core::Error& error) {
  for (const auto& [key, value] : error.metadata) {
    if (key != kRetryAfterMs) continue;
    int64_t ms = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), ms);
    if (failed == std::errc() && end == value.data() + value.size() && ms >= 0)
      return std::chrono::milliseconds(ms);
  }
  if (error.reason == core::Reason::kOverloaded) return kRetryAfterDefault;
  return std::nullopt;
}

std::string RetryInfo(std::chrono::milliseconds delay) {
  std::string info;
  AppendBytes(info, kRetryInfoDelay, ToDuration(delay.count()).SerializeAsString());
  return info;
}

std::string Any(std::string_view type, const std::string& value) {
  std::string any;
  AppendBytes(any, kAnyTypeUrl, type);
  AppendBytes(any, kAnyValue, value);
  return any;
}

}  // namespace

grpc::StatusCode StatusCodeOf(core::Reason reason) {
  using core::Reason;
  // No default: a new reason does not compile until it has a status.
  switch (reason) {
    case Reason::kInvalidField:
    case Reason::kUndecodableRequest:
    case Reason::kInvalidPageToken:
    case Reason::kInvalidCode:
    case Reason::kSubjectRequired:
    case Reason::kAmountMismatch:
    case Reason::kCurrencyMismatch:
    case Reason::kOrderCountUnknown:
    case Reason::kListedTwice:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Reason::kCallerUnknown:
      return grpc::StatusCode::UNAUTHENTICATED;
    case Reason::kRoleMissing:
    case Reason::kCouponOfAnotherUser:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Reason::kMethodUnknown:
      return grpc::StatusCode::UNIMPLEMENTED;
    case Reason::kRequestIdReused:
    case Reason::kCampaignExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case Reason::kDeadlinePassed:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case Reason::kCampaignNotFound:
    case Reason::kCouponNotFound:
    case Reason::kReservationNotFound:
    case Reason::kRedemptionNotFound:
    case Reason::kBatchNotFound:
    case Reason::kJobNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case Reason::kVersionMismatch:
    case Reason::kContended:
      return grpc::StatusCode::ABORTED;
    case Reason::kRequestTooOld:
    case Reason::kOperationFenced:
    case Reason::kIllegalTransition:
    case Reason::kFieldImmutable:
    case Reason::kStockBelowIssued:
    case Reason::kBudgetBelowSpent:
    case Reason::kCampaignNotActive:
    case Reason::kCampaignPaused:
    case Reason::kCampaignEnded:
    case Reason::kClaimWindowNotOpen:
    case Reason::kClaimWindowClosed:
    case Reason::kCouponNotYetValid:
    case Reason::kCouponExpired:
    case Reason::kCouponRevoked:
    case Reason::kCouponAlreadyRedeemed:
    case Reason::kCouponReserved:
    case Reason::kCodeAlreadyBound:
    case Reason::kCodeNotBound:
    case Reason::kJobEnded:
    case Reason::kMinimumSpendNotMet:
    case Reason::kNotApplicable:
    case Reason::kReservationFenced:
    case Reason::kReservationReleased:
    case Reason::kReservationCommitted:
    case Reason::kReservationOfAnotherOrder:
    case Reason::kSkuNotInOrder:
    case Reason::kTooFewUnits:
    case Reason::kNothingToTakeOff:
    case Reason::kOutsideWeeklyWindow:
    case Reason::kCouponExclusive:
    case Reason::kGroupFull:
    case Reason::kTooManyCoupons:
    case Reason::kSpoilsAnother:
    case Reason::kGainsNothing:
    case Reason::kRedemptionRolledBack:
    case Reason::kTooManyReturns:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case Reason::kStock:
    case Reason::kStockPerDay:
    case Reason::kUserQuota:
    case Reason::kUserQuotaPerDay:
    case Reason::kBudget:
    case Reason::kBudgetPerDay:
    case Reason::kUseQuota:
    case Reason::kUseQuotaPerDay:
    case Reason::kUseQuotaPerWeek:
    case Reason::kUseQuotaPerMonth:
    case Reason::kCodeUsedUp:
    case Reason::kAttemptsExhausted:
    case Reason::kOverloaded:
    case Reason::kStorageFull:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Reason::kDraining:
    case Reason::kStoreUnreachable:
    case Reason::kOutcomeUnknown:
    case Reason::kDurabilityBelowPromise:
    case Reason::kStoreReadOnly:
    case Reason::kStoreLoading:
    case Reason::kStoreBusy:
    case Reason::kStoreEmpty:
    case Reason::kStoreForeign:
      return grpc::StatusCode::UNAVAILABLE;
    case Reason::kStoreNonsense:
    case Reason::kInternal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

grpc::Status ToGrpcStatus(const core::Error& error) {
  const grpc::StatusCode code = StatusCodeOf(error.reason);
  std::string details;
  AppendNumber(details, kStatusCode, static_cast<uint64_t>(code));
  AppendBytes(details, kStatusMessage, error.message);
  AppendBytes(details, kStatusDetails, Any("type.googleapis.com/google.rpc.ErrorInfo", ErrorInfo(error)));
  if (const auto delay = RetryAfter(error)) {
    AppendBytes(details, kStatusDetails, Any("type.googleapis.com/google.rpc.RetryInfo", RetryInfo(*delay)));
  }
  return grpc::Status(code, error.message, details);
}

}  // namespace tessera::api
