#pragma once

#include <functional>
#include <optional>
#include <string>

#include "async/task.h"
#include "core/pricing.h"
#include "core/result.h"
#include "storage/operation.h"

namespace tessera::storage {

// What the service decides from data that cannot change under a version: what the coupon takes off the order,
// or why not. Called again when the campaign moved on meanwhile.
using Decide = std::function<core::Result<core::Discount>(const core::Campaign&)>;

struct UseIntent {
  Operation op;
  core::CouponName coupon;
  std::optional<core::UserKey> user;  // absent: the bearer of the code, whoever it is
  std::string order_id;
  Decide decide;
};

struct ReserveIntent {
  UseIntent use;
  int64_t ttl_ms = 0;
};

struct CommitIntent {
  Operation op;
  core::OpRef reservation;
  core::Money expected_discount;
  std::string order_id;  // that the caller commits for; empty: not checked
};

struct ReleaseIntent {
  Operation op;
  core::OpRef reservation;
};

struct RollbackIntent {
  Operation op;
  core::OpRef redemption;
};

// What an immediate redemption would answer.
struct Verdict {
  core::CouponName coupon;
  std::string campaign_id;
  core::Currency currency;
  core::Discount discount;
  bool operator==(const Verdict&) const = default;
};

struct RedemptionView {
  Redemption redemption;
  std::optional<RolledBack> rolled_back;
  bool operator==(const RedemptionView&) const = default;
};

// Uses of coupons. All methods run on the event loop's thread.
//
// Redeem, Reserve and Validate refuse with COUPON_NOT_FOUND, COUPON_OF_ANOTHER_USER, COUPON_ALREADY_REDEEMED
// (redemption_id, order_id), COUPON_RESERVED (held_until) when another order holds it, COUPON_REVOKED,
// COUPON_NOT_YET_VALID (valid_from), COUPON_EXPIRED, CAMPAIGN_PAUSED, and with whatever `decide` refuses. A
// code that belongs to nobody becomes a coupon of the user (or of its bearer), and spends the user's quotas:
// so USER_QUOTA, USER_QUOTA_PER_DAY, and SUBJECT_REQUIRED without a user where there are such quotas, or
// where it was bound to one.
class RedemptionStore {
 public:
  virtual ~RedemptionStore() = default;

  virtual async::Task<core::Result<Verdict>> Validate(
      UseIntent intent) = 0;  // writes nothing; op.deadline alone is read
  virtual async::Task<core::Result<Redemption>> Redeem(UseIntent intent) = 0;
  // The order that holds the coupon may reserve it again: the new reservation replaces the old one.
  // CODE_NOT_BOUND for a code that belongs to nobody.
  virtual async::Task<core::Result<Reservation>> Reserve(ReserveIntent intent) = 0;
  // RESERVATION_NOT_FOUND, RESERVATION_FENCED (its time is over or another took its place),
  // RESERVATION_RELEASED, RESERVATION_COMMITTED (redemption_id), RESERVATION_OF_ANOTHER_ORDER,
  // AMOUNT_MISMATCH, CURRENCY_MISMATCH.
  virtual async::Task<core::Result<Redemption>> Commit(CommitIntent intent) = 0;
  // RESERVATION_NOT_FOUND, RESERVATION_COMMITTED, RESERVATION_FENCED. A second release answers as the first.
  virtual async::Task<core::Result<Released>> Release(ReleaseIntent intent) = 0;
  // REDEMPTION_NOT_FOUND. A second rollback answers as the first.
  virtual async::Task<core::Result<RolledBack>> Rollback(RollbackIntent intent) = 0;

  // REDEMPTION_NOT_FOUND.
  virtual async::Task<core::Result<RedemptionView>> GetRedemption(core::OpRef ref, Deadline deadline) = 0;
  virtual async::Task<core::Result<OperationStatus>> GetOperation(OperationQuery query) = 0;
  // Makes sure that the operation, if it has not taken effect, never will.
  virtual async::Task<core::Result<OperationStatus>> FenceOperation(OperationQuery query) = 0;
};

}  // namespace tessera::storage
