// The records of the in-memory model, as plain as they can be. See memory_store.h.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/attempt_store.h"
#include "storage/campaign_store.h"
#include "storage/code_store.h"
#include "storage/coupon_store.h"
#include "storage/ledger_store.h"
#include "storage/redemption_store.h"

namespace tessera::contract {

// What became of a mutating call. A fence has no body and no outcome.
struct OperationRecord {
  bool fenced = false;
  std::array<uint8_t, 8> body{};
  std::optional<storage::Outcome> outcome;
};

struct DayStock {
  int64_t cap = 0;  // as it was when the day's first coupon was issued
  int64_t used = 0;
};

struct CampaignRecord {
  core::Campaign campaign;
  int64_t stock_used = 0;
  std::map<core::InstantMs, DayStock> days;  // by the start of the day
  // Of its budgets, by the instant at which it was spent; what came back is not in it any more.
  std::map<core::InstantMs, int64_t> money_spent;
};

struct QuotaRecord {
  int64_t total = 0;
  std::map<core::InstantMs, int64_t> days;  // by the start of the day
};

// What using a coupon spent of its campaign's limits of uses: one of its user's uses, and money.
struct Spent {
  core::InstantMs time_ms = 0;
  int64_t minor = 0;
};

struct Hold {
  core::OpRef reservation;
  std::string order_id;
  core::InstantMs end_ms = 0;
  Spent spent;
};

// What has been booked about a coupon. That its end or its hold's end has passed is judged by time, besides.
enum class Booked : uint8_t { kUsable, kUsed, kExpired, kRevoked };

struct CouponRecord {
  core::CouponNumber number;
  std::string campaign_id;
  core::UserKey user;
  core::InstantMs issue_time_ms = 0;
  core::Window usable;
  Booked booked = Booked::kUsable;
  std::optional<Hold> hold;
  core::OpRef redemption;  // kUsed
  bool of_code = false;    // it spent no stock
  std::optional<core::CodeNumber>
      code;  // that it was made of by its use, and that it becomes again by a rollback
};

// The numbers of one batch of codes.
struct CodeRange {
  std::string campaign_id;
  uint64_t end_index = 0;
};

// Wrong codes of one user or caller.
struct AttemptRecord {
  int64_t spent = 0;
  core::InstantMs window_end_ms = 0;
};

// A coupon of a call, as it is judged by itself.
struct JudgedCoupon {
  core::CouponName asked;
  core::CouponName name;                      // its own number, where it has one
  std::string campaign_id;                    // empty where it could not be found
  std::optional<core::Error> refused;         // by its own state, or by its campaign's limits of uses
  std::optional<core::Error> objection;       // by what was decided about those that are not refused
  std::optional<int64_t> discount_max_minor;  // what its campaign's budget has left for it, where that clips

  const core::Error* why() const { return refused ? &*refused : objection ? &*objection : nullptr; }
};

struct ReservationRecord {
  storage::Reservation reservation;
  storage::Receipt receipt;
  std::optional<storage::Released> released;
  std::optional<core::OpRef> committed;  // the redemption
};

struct RedemptionRecord {
  storage::Redemption redemption;
  core::InstantMs spend_time_ms = 0;  // when it spent of its campaigns' limits
  storage::Receipt receipt;
  core::StandingOrder standing;              // what of the order was not returned yet
  std::set<core::CouponNumber> taken_back;   // the coupons whose use is undone
  std::map<std::string, int64_t> subtotals;  // by campaign, as far as its totals still count the order
};

// An event of the ledger: what it adds to its campaign's totals.
struct LedgerEvent {
  std::string campaign_id;
  core::InstantMs time_ms = 0;
  std::function<void(storage::CampaignTotals&)> add;
};

}  // namespace tessera::contract
