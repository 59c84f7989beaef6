#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "async/task.h"
#include "core/order.h"
#include "core/partial_return.h"
#include "core/result.h"
#include "core/stacking.h"
#include "storage/operation.h"
#include "storage/receipt.h"

namespace tessera::storage {

// A coupon that is to be used, with its campaign as it stands.
struct Candidate {
  core::CouponName coupon;
  std::shared_ptr<const core::Campaign> campaign;  // whoever decides may keep it
  // The most that it may take off, where its campaign's budget has no more left and clips.
  std::optional<int64_t> discount_max_minor = std::nullopt;
};

// One that can't be, and why.
struct RefusedCandidate {
  size_t place = 0;  // among the candidates
  core::Error why;
};

// What the service decides from data that can't change under the campaigns' versions: what the candidates
// take off the order together, or who of them can't be used, and why. It holds for a store's time within
// `holds`.
struct Decision {
  std::variant<core::PricedStack, std::vector<RefusedCandidate>> stack;
  core::Window holds{0, core::kAmountMax};
};

// Asked again when a campaign moved on meanwhile, when `holds` is over, and for fewer candidates where some
// are left out. The stack names each coupon by its candidate's campaign id and name.
using Decide = std::function<Decision(std::span<const Candidate>, core::InstantMs now)>;

struct UseIntent {
  Operation op;
  std::vector<core::CouponName> coupons;  // 1 to limits::kStackedCouponsMax, none twice
  std::optional<core::UserKey> user;      // absent: the bearer of the one coupon, whoever it is
  core::Order order;
  bool partial = false;  // coupons that can't be used are left out, if any can
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

// What of a redemption is taken back.
struct ReturnedLine {
  std::string line_id;
  int64_t quantity = 0;
};
struct RollbackIntent {
  Operation op;
  core::OpRef redemption;
  // The whole of it, when none of these is set.
  std::vector<ReturnedLine> lines;
  bool shipping = false;
  std::optional<core::CouponNumber> coupon;

  bool whole() const { return lines.empty() && !shipping && !coupon.has_value(); }
};

// What an immediate redemption would answer.
struct CouponVerdict {
  core::CouponName coupon;
  std::string campaign_id;                              // empty where the coupon could not be found
  std::variant<core::AppliedCoupon, core::Error> says;  // what it takes off, or why it can't be used
};
struct Verdict {
  std::vector<CouponVerdict> coupons;  // as they were listed
  int64_t subtotal_minor = 0;
  int64_t shipping_minor = 0;
  int64_t discount_minor = 0;  // of those that can be used, together
};

struct RedemptionView {
  Redemption redemption;
  std::vector<RolledBack> returns;  // in their order
  bool operator==(const RedemptionView&) const = default;
};

// A redemption, with what it was decided from.
struct Explanation {
  Redemption redemption;
  Receipt receipt;
  std::vector<std::shared_ptr<const core::Campaign>> campaigns;  // by coupon, as they stand now
};

// Uses of coupons. All methods run on the event loop's thread.
//
// Redeem, Reserve and Validate refuse a coupon with COUPON_NOT_FOUND, COUPON_OF_ANOTHER_USER,
// COUPON_ALREADY_REDEEMED (redemption_id, order_id), COUPON_RESERVED (held_until) when another order holds
// it, COUPON_REVOKED, COUPON_NOT_YET_VALID (valid_from), COUPON_EXPIRED, CAMPAIGN_PAUSED, and with whatever
// `decide` refuses. A code that belongs to nobody becomes a coupon of the user (or of its bearer), and spends
// the user's quotas: so USER_QUOTA, USER_QUOTA_PER_DAY, and SUBJECT_REQUIRED without a user where there are
// such quotas, or where it was bound to one; CODE_USED_UP. What using a coupon spends of its campaign's
// limits refuses those that nothing else stands against: of several coupons of the campaign the last to be
// applied, or, of a budget that clips, those for which nothing is left. It does so with USE_QUOTA,
// USE_QUOTA_PER_DAY, _PER_WEEK, _PER_MONTH (resets_at), BUDGET and BUDGET_PER_DAY (left_minor), and with
// SUBJECT_REQUIRED without a user where uses are counted.
//
// Several coupons are used together or not at all, in one step. The error is that of the first one, as they
// were listed, that can't be used, and its metadata name it (coupon, as "coupons[1]"). With `partial` those
// are left out, and the call is refused when none is left.
class RedemptionStore {
 public:
  virtual ~RedemptionStore() = default;

  // Writes nothing; op.deadline alone is read. Each coupon is judged as with `partial`. Refused itself only
  // where the store can't tell.
  virtual async::Task<core::Result<Verdict>> Validate(UseIntent intent) = 0;
  virtual async::Task<core::Result<Redemption>> Redeem(UseIntent intent) = 0;
  // The order that holds coupons may reserve them again: the new reservation replaces the old one.
  // CODE_NOT_BOUND for a code that belongs to nobody.
  virtual async::Task<core::Result<Reservation>> Reserve(ReserveIntent intent) = 0;
  // RESERVATION_NOT_FOUND, RESERVATION_FENCED (its time is over, or another took the place of a coupon of
  // it), RESERVATION_RELEASED, RESERVATION_COMMITTED (redemption_id), RESERVATION_OF_ANOTHER_ORDER,
  // AMOUNT_MISMATCH, CURRENCY_MISMATCH.
  virtual async::Task<core::Result<Redemption>> Commit(CommitIntent intent) = 0;
  // RESERVATION_NOT_FOUND, RESERVATION_COMMITTED, RESERVATION_FENCED when it holds nothing any more. Gives
  // back what it still holds. A second release answers as the first.
  virtual async::Task<core::Result<Released>> Release(ReleaseIntent intent) = 0;
  // REDEMPTION_NOT_FOUND. A second rollback of the whole answers as the first; after returns in part it takes
  // back what is left. INVALID_FIELD, and REDEMPTION_ROLLED_BACK for a part of what was taken back whole.
  virtual async::Task<core::Result<RolledBack>> Rollback(RollbackIntent intent) = 0;

  // REDEMPTION_NOT_FOUND.
  virtual async::Task<core::Result<RedemptionView>> GetRedemption(core::OpRef ref, Deadline deadline) = 0;
  virtual async::Task<core::Result<Explanation>> Explain(core::OpRef ref, Deadline deadline) = 0;
  virtual async::Task<core::Result<OperationStatus>> GetOperation(OperationQuery query) = 0;
  // Makes sure that the operation, if it has not taken effect, never will.
  virtual async::Task<core::Result<OperationStatus>> FenceOperation(OperationQuery query) = 0;
};

}  // namespace tessera::storage
