#pragma once

#include <string_view>

namespace tessera::core {

// Why a call was refused: the names that callers see in ErrorInfo.reason. Mirrors coupon.v1.ErrorReason value
// by value (a parity test holds them together); proto/coupon/v1/error_reason.proto gives each one's status
// and an example.
enum class Reason {
  // The request itself.
  kInvalidField,
  kUndecodableRequest,
  kInvalidPageToken,
  kInvalidCode,
  kSubjectRequired,
  kAmountMismatch,
  kCurrencyMismatch,
  // Who asks.
  kCallerUnknown,
  kRoleMissing,
  kMethodUnknown,
  // Request ids.
  kRequestIdReused,
  kRequestTooOld,
  kOperationFenced,
  kDeadlinePassed,
  // Campaigns.
  kCampaignNotFound,
  kCampaignExists,
  kIllegalTransition,
  kVersionMismatch,
  kFieldImmutable,
  kStockBelowIssued,
  kCampaignNotActive,
  kCampaignPaused,
  kCampaignEnded,
  kClaimWindowNotOpen,
  kClaimWindowClosed,
  // Limits.
  kStock,
  kStockPerDay,
  kUserQuota,
  kUserQuotaPerDay,
  // Coupons.
  kCouponNotFound,
  kCouponOfAnotherUser,
  kCouponNotYetValid,
  kCouponExpired,
  kCouponRevoked,
  kCouponAlreadyRedeemed,
  kCouponReserved,
  kMinimumSpendNotMet,
  kNotApplicable,
  // Reservations and redemptions.
  kReservationNotFound,
  kReservationFenced,
  kReservationReleased,
  kReservationCommitted,
  kReservationOfAnotherOrder,
  kRedemptionNotFound,
  // The service and its store.
  kContended,
  kOverloaded,
  kDraining,
  kStoreUnreachable,
  kOutcomeUnknown,
  kDurabilityBelowPromise,
  kStorageFull,
  kStoreReadOnly,
  kStoreLoading,
  kStoreBusy,
  kStoreEmpty,
  kStoreForeign,
  kStoreNonsense,
  kInternal,
  // Codes that belong to nobody.
  kCodeAlreadyBound,
  kCodeNotBound,
  kCodeUsedUp,
  kAttemptsExhausted,
  // Batches of codes, and jobs.
  kBatchNotFound,
  kJobNotFound,
  kJobEnded,
  // Coupons and the order, and each other.
  kSkuNotInOrder,
  kTooFewUnits,
  kNothingToTakeOff,
  kOutsideWeeklyWindow,
  kOrderCountUnknown,
  kListedTwice,
  kCouponExclusive,
  kGroupFull,
  kTooManyCoupons,
  kSpoilsAnother,
  kGainsNothing,
  // Limits that uses spend.
  kBudget,
  kBudgetPerDay,
  kUseQuota,
  kUseQuotaPerDay,
  kUseQuotaPerWeek,
  kUseQuotaPerMonth,
  // Returns.
  kRedemptionRolledBack,
  kTooManyReturns,
  // Changes of budgets.
  kBudgetBelowSpent,
};

inline constexpr int kReasonCount = static_cast<int>(Reason::kBudgetBelowSpent) + 1;

// The wire name, such as "STOCK_PER_DAY".
std::string_view ReasonName(Reason reason);

}  // namespace tessera::core
