#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/campaign.h"
#include "core/code.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/stacking.h"

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
  core::Window usable;  // when the coupon can be used
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

// A coupon that was asked for and left out, because the caller allowed it (UseIntent::partial). The error's
// metadata name its place in the request (coupon, as "coupons[1]").
struct LeftOut {
  core::CouponName coupon;
  core::Error why;
  // Messages are prose and not compared.
  bool operator==(const LeftOut& other) const {
    return coupon == other.coupon && why.reason == other.why.reason;
  }
};

// The coupons of one order, used together in one step.
struct Redemption {
  core::OpRef ref;
  std::string order_id;
  core::Currency currency;
  int64_t subtotal_minor = 0;
  int64_t shipping_minor = 0;
  int64_t discount_minor = 0;
  std::vector<core::AppliedCoupon>
      coupons;                        // in the order of application, each by its own number; never empty
  std::vector<LeftOut> left_out;      // in the order in which they were listed
  std::vector<std::string> line_ids;  // of the order's lines, by the places that the coupons' shares name
  core::InstantMs redeem_time_ms = 0;
  bool operator==(const Redemption&) const = default;
};

// What became of a coupon of a redemption that was taken back, whole or in part.
struct ReturnedCoupon {
  core::CouponNumber coupon;
  int64_t returned_minor = 0;  // of its discount: with what came back, and never was the customer's
  int64_t clawed_minor =
      0;  // of its discount: on what stays, because a threshold was lost or the coupon returned
  bool restored = false;  // it can be used again
  bool operator==(const ReturnedCoupon&) const = default;
};

struct RolledBack {
  core::OpRef redemption;
  core::InstantMs rollback_time_ms = 0;
  core::Currency currency;              // of the order
  int64_t refund_minor = 0;             // to the customer
  int64_t due_minor = 0;                // from the customer; one of both is 0
  std::vector<ReturnedCoupon> coupons;  // those that changed, in the order of application
  bool whole = false;                   // nothing of the redemption stands any more
  bool operator==(const RolledBack&) const = default;
};

// The coupons of one order, held together.
struct Reservation {
  core::OpRef ref;
  std::string order_id;
  core::Currency currency;
  int64_t subtotal_minor = 0;
  int64_t shipping_minor = 0;
  int64_t discount_minor = 0;
  std::vector<core::AppliedCoupon> coupons;
  std::vector<LeftOut> left_out;
  std::vector<std::string> line_ids;  // as Redemption's
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
