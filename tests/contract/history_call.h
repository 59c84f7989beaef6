// HistoryCall is one call of the port as data: it can be made on any store, made again, and printed. A value
// type.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "answer.h"
#include "async/event_loop.h"
#include "store_under_test.h"

namespace tessera::contract {

enum class CallKind : uint8_t {
  kCreate,
  kUpdate,
  kMove,
  kGetCampaign,
  kListCampaigns,
  kIssue,
  kGetCoupon,
  kListUserCoupons,
  kRevoke,
  kValidate,
  kRedeem,
  kReserve,
  kCommit,
  kRelease,
  kRollback,
  kGetRedemption,
  kExplain,
  kGetOperation,
  kFence,
  kSweep,
  kApply,
  kGenerateCodes,
  kBind,
  kGetCode,
};
inline constexpr int kCallKinds = static_cast<int>(CallKind::kGetCode) + 1;

std::string_view NameOf(CallKind kind);

// Each kind reads the fields that it needs.
struct HistoryCall {
  CallKind kind = CallKind::kGetCampaign;
  storage::Operation op;
  std::string campaign_id;
  core::CampaignDefinition definition;
  core::Transition transition = core::Transition::kActivate;
  int64_t version = 0;
  uint64_t edit_seed = 0;
  storage::IssueSource source = storage::IssueSource::kClaim;
  std::vector<storage::IssueItem> items;
  std::optional<core::UserKey> user;
  core::CouponName coupon;
  std::vector<core::CouponName> coupons;  // that are used together
  bool partial = false;
  core::OpRef ref;
  std::string order_id;  // that a commit is for
  core::Order order;
  std::vector<storage::ReturnedLine> lines;  // what is returned, or all
  bool shipping = false;
  std::optional<core::CouponNumber> returned_coupon;
  int64_t ttl_ms = 0;
  core::Money expected_discount;
  storage::ReservedPolicy reserved_policy = storage::ReservedPolicy::kWait;
  bool return_stock = false;
  std::optional<storage::CouponState> state;
  int32_t page_size = 0;
  uint32_t partition = 0;
  uint32_t bucket = 0;
};

std::string Describe(const HistoryCall& call);

// The definition that an update makes of a campaign: the same for the same seed. It changes one thing, which
// may be one that must not change.
core::Result<core::CampaignDefinition> EditBySeed(uint64_t seed, const core::Campaign& campaign);

// The interfaces of one store, wherever they come from.
struct Ports {
  storage::CampaignStore& campaigns;
  storage::CouponStore& coupons;
  storage::CodeStore& codes;
  storage::RedemptionStore& redemptions;
  storage::LedgerStore& ledger;
  storage::Sweeper& sweeper;
  async::EventLoop& loop;
};

// Makes the call and waits for its answers: one, or one per item of an issue.
std::vector<Answer> Perform(const Ports& ports, const HistoryCall& call);

}  // namespace tessera::contract
