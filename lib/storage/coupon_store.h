#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/campaign.h"
#include "core/ids.h"
#include "core/result.h"
#include "storage/operation.h"

namespace tessera::storage {

enum class CouponState : uint8_t { kIssued, kReserved, kRedeemed, kExpired, kRevoked };

// How a coupon came to its user: the ledger keeps it. There 3 stands for one that was made of a code.
enum class IssueSource : uint8_t { kGrant, kClaim, kBatch };

// A coupon as it stands at the store's time.
struct Coupon {
  core::CouponNumber number;
  std::string campaign_id;
  core::UserKey user;
  CouponState state = CouponState::kIssued;
  core::InstantMs issue_time_ms = 0;
  core::Window usable;                           // when it can be used
  std::optional<core::InstantMs> held_until_ms;  // kReserved
  std::optional<core::OpRef> redemption;         // kRedeemed
  bool operator==(const Coupon&) const = default;
};

struct IssueItem {
  Operation op;
  core::UserKey user;
};

struct IssueIntent {
  std::string campaign_id;
  IssueSource source = IssueSource::kClaim;
  uint8_t code_key_id = 0;
  std::vector<IssueItem> items;  // 1 to limits::kBatchItemsMax, users distinct
  Deadline deadline{};
};

enum class ReservedPolicy : uint8_t { kWait, kBreak };

struct RevokeIntent {
  Operation op;
  core::CouponName coupon;
  ReservedPolicy reserved_policy = ReservedPolicy::kWait;
  bool return_stock = false;
};

struct WalletQuery {
  core::UserKey user;
  std::optional<CouponState> state;
  std::optional<std::string> campaign_id;
  int32_t page_size = 0;
  std::string cursor;           // empty, or a page's next_cursor
  bool with_campaigns = false;  // whether the page has the campaigns of its coupons
  Deadline deadline{};
};

struct WalletPage {
  std::vector<Coupon> coupons;  // newest first; as many as were asked for, unless the wallet ends
  std::string next_cursor;      // empty at the end
  core::InstantMs now_ms = 0;   // the store's time, before which the last of the coupons was not read
  // By id, as uses of the coupons would be judged by them at that time. One that moves on just then may be
  // missing.
  std::map<std::string, std::shared_ptr<const core::Campaign>> campaigns;
};

// Coupons in users' wallets. All methods run on the event loop's thread.
class CouponStore {
 public:
  virtual ~CouponStore() = default;

  // One outcome per item, in order; each item is issued whole or refused whole, and one refusal does not
  // touch the others. CAMPAIGN_NOT_FOUND, CAMPAIGN_NOT_ACTIVE, _PAUSED, _ENDED, CLAIM_WINDOW_NOT_OPEN
  // (metadata opens_at), _CLOSED, STOCK, STOCK_PER_DAY (resets_at), USER_QUOTA, USER_QUOTA_PER_DAY
  // (resets_at).
  virtual async::Task<std::vector<core::Result<Issued>>> Issue(IssueIntent intent) = 0;

  // COUPON_NOT_FOUND.
  virtual async::Task<core::Result<Coupon>> GetCoupon(core::CouponNumber number, Deadline deadline) = 0;
  virtual async::Task<core::Result<WalletPage>> ListUserCoupons(WalletQuery query) = 0;

  // COUPON_NOT_FOUND, COUPON_ALREADY_REDEEMED, COUPON_EXPIRED, COUPON_REVOKED; COUPON_RESERVED (held_until)
  // under kWait. Of a code that belongs to nobody, nobody can have it any more; one that became a coupon
  // means that one.
  virtual async::Task<core::Result<Revoked>> Revoke(RevokeIntent intent) = 0;
};

}  // namespace tessera::storage
