#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/campaign.h"
#include "core/code.h"
#include "core/ids.h"

namespace tessera::storage {

using Deadline = std::chrono::steady_clock::time_point;

// The mutating methods: part of every operation's identity, and what decides how long its record is kept.
enum class Method : uint8_t {
  kCreateCampaign,
  kUpdateCampaign,
  kActivateCampaign,
  kPauseCampaign,
  kResumeCampaign,
  kEndCampaign,
  kIssueCoupon,
  kClaimCoupon,
  kBatchIssueCoupons,
  kRevokeCoupon,
  kGenerateCodes,
  kBindCode,
  kImportCodes,
  kCreateJob,
  kRedeemCoupons,
  kReserveCoupons,
  kCommitReservation,
  kReleaseReservation,
  kRollbackRedemption,
};

// "ClaimCoupon" and so on: the RPC's name.
std::string_view MethodName(Method method);

// IssueCoupon, ClaimCoupon, BatchIssueCoupons, and not BindCode: their subject is a user, and what they did
// is recorded in the user's wallet.
bool IssuesCoupons(Method method);

// Redemptions and all that belongs to them: long. The rest: short.
core::Retention RetentionOf(Method method);

// One mutating call: who asked for what, as digests under the request key. The same field with the same body
// is the same call; the same field with another body is refused with REQUEST_ID_REUSED.
struct Operation {
  Method method = Method::kClaimCoupon;
  std::array<uint8_t, 12> field{};            // caller, method, subject, request_id
  std::array<uint8_t, 8> body{};              // the request without its request_id
  std::optional<core::InstantMs> id_time_ms;  // a version 7 request_id's own time
  Deadline deadline{};                        // past it, the call has no effect
};

// Where to look for the record of an earlier call.
struct OperationQuery {
  Method method = Method::kClaimCoupon;
  uint32_t partition = 0;  // of the subject: the user's, the coupon's or the campaign's home
  uint32_t bucket = 0;     // of the subject in it, where the method issues coupons
  std::array<uint8_t, 12> field{};
  std::optional<core::InstantMs> id_time_ms;
  Deadline deadline{};
};

// What mutating calls answer. Each is kept in, and built again from, its operation record.

struct CampaignChanged {
  std::string campaign_id;
  int64_t version = 0;
  core::CampaignState state = core::CampaignState::kDraft;
  core::InstantMs update_time_ms = 0;
  bool operator==(const CampaignChanged&) const = default;
};

// What of the user's quotas is left after the claim; absent where the campaign has no such limit.
struct QuotaLeft {
  std::optional<int64_t> total;
  std::optional<int64_t> today;
  std::optional<core::InstantMs> reset_time_ms;  // when `today` starts anew
  bool operator==(const QuotaLeft&) const = default;
};

struct Issued {
  core::CouponNumber number;
  std::string campaign_id;
  uint8_t code_key_id = 0;  // the key under which the code was made
  core::InstantMs issue_time_ms = 0;
  core::InstantMs expire_time_ms = 0;
  QuotaLeft quota;
  bool operator==(const Issued&) const = default;
};

// Codes that belong to nobody yet.
struct GeneratedCodes {
  std::string campaign_id;
  uint64_t batch = 0;       // unique in the namespace
  core::NumberRow numbers;  // of the codes
  uint8_t code_key_id = 0;
  core::InstantMs make_time_ms = 0;
  bool operator==(const GeneratedCodes&) const = default;
};

// A job that was stored.
struct JobCreated {
  uint64_t job = 0;    // unique in the namespace
  uint64_t batch = 0;  // of the codes that it makes or takes back
  core::InstantMs create_time_ms = 0;
  bool operator==(const JobCreated&) const = default;
};

struct Redemption {
  core::OpRef ref;
  core::CouponNumber coupon;
  std::string campaign_id;
  std::string order_id;
  core::Currency currency;
  int64_t subtotal_minor = 0;
  int64_t discount_minor = 0;
  core::InstantMs redeem_time_ms = 0;
  bool operator==(const Redemption&) const = default;
};

struct RolledBack {
  core::OpRef redemption;
  core::InstantMs rollback_time_ms = 0;
  bool restored = false;  // the coupon can be used again
  bool operator==(const RolledBack&) const = default;
};

struct Reservation {
  core::OpRef ref;
  core::CouponNumber coupon;
  std::string campaign_id;
  std::string order_id;
  core::Currency currency;
  int64_t subtotal_minor = 0;
  int64_t discount_minor = 0;
  core::InstantMs expire_time_ms = 0;
  bool operator==(const Reservation&) const = default;
};

struct Released {
  core::OpRef reservation;
  core::InstantMs release_time_ms = 0;
  bool operator==(const Released&) const = default;
};

struct Revoked {
  core::CouponName coupon;
  core::InstantMs revoke_time_ms = 0;
  bool stock_returned = false;
  bool operator==(const Revoked&) const = default;
};

using Outcome = std::variant<CampaignChanged, Issued, Redemption, Reservation, Released, RolledBack, Revoked,
                             GeneratedCodes, JobCreated>;

enum class OperationState : uint8_t {
  kUnknown,    // no record: it may still arrive, unless fenced
  kCommitted,  // took effect; `outcome` is what it answered
  kFenced,     // will never take effect
  kTooOld,     // its record's time is over
};

struct OperationStatus {
  OperationState state = OperationState::kUnknown;
  std::optional<Outcome> outcome;
  bool operator==(const OperationStatus&) const = default;
};

}  // namespace tessera::storage
