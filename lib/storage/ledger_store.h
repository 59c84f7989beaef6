#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/result.h"
#include "storage/campaign_store.h"
#include "storage/operation.h"

namespace tessera::storage {

// What one campaign's coupons did, summed over the partitions. Counts of events, but for the four of the
// present.
struct CampaignTotals {
  std::string campaign_id;
  core::Currency currency;
  int64_t issued = 0;
  int64_t claimed = 0;          // of issued: by the user's own claim
  int64_t issued_of_codes = 0;  // of issued: made of codes, which spend no stock
  int64_t codes_generated = 0;  // before they had users
  int64_t codes_revoked = 0;    // before they had users
  int64_t reserved_events = 0;
  int64_t redeemed = 0;
  int64_t rolled_back = 0;
  int64_t expired = 0;
  int64_t revoked = 0;
  int64_t released = 0;       // reservations released or run out
  int64_t available_now = 0;  // coupons that can be used
  int64_t reserved_now = 0;
  int64_t redeemed_now = 0;
  int64_t discount_minor = 0;         // of redemptions that were not rolled back
  int64_t subtotal_minor = 0;         // their orders' subtotals before the discount
  std::optional<int64_t> stock_left;  // absent: no stock limit
  bool operator==(const CampaignTotals&) const = default;
};

struct ApplyProgress {
  int64_t applied = 0;         // events, in this step
  bool more = false;           // the step's bound was reached
  core::InstantMs lag_ms = 0;  // age of the oldest event not applied; 0 when there is none
};

// Where two counts that must agree do not.
struct Difference {
  std::string campaign_id;            // empty: of no one campaign
  std::optional<uint32_t> partition;  // absent: over all
  std::string term;                   // such as "issued: counter = ledger"
  int64_t expected = 0;
  int64_t found = 0;
  bool operator==(const Difference&) const = default;
};

enum class VerifyDepth : uint8_t {
  kCounters,  // counters, ledger and escrow against each other
  kWallets,   // besides, every coupon is counted
};

struct Verification {
  std::vector<Difference> differences;  // the first 1,000
  int64_t terms_checked = 0;
};

// What the ledger says. All methods run on the event loop's thread.
class LedgerStore {
 public:
  virtual ~LedgerStore() = default;

  // Adds the next entries of `partition`'s ledger to its aggregates: exactly once, whoever else does the
  // same. An entry has the events of one step, which are several where coupons were issued together.
  virtual async::Task<core::Result<ApplyProgress>> Apply(uint32_t partition, int32_t entries_max,
                                                         Deadline deadline) = 0;
  // As of the events applied. CAMPAIGN_NOT_FOUND.
  virtual async::Task<core::Result<CampaignTotals>> Totals(std::string campaign_id, Deadline deadline) = 0;
  // The same of several that were read, in their order: far cheaper than one after the other.
  virtual async::Task<core::Result<std::vector<CampaignTotals>>> TotalsOfEach(
      std::vector<CampaignPtr> campaigns, Deadline deadline) = 0;
  // Of one campaign, or of all when `campaign_id` is empty. Partitions are read one after another, each in
  // one step.
  virtual async::Task<core::Result<Verification>> Verify(std::string campaign_id, VerifyDepth depth,
                                                         Deadline deadline) = 0;
};

struct SweepReport {
  int64_t reservations_expired = 0;
  int64_t coupons_expired = 0;
  int64_t transfers_credited = 0;
  int64_t codes_settled = 0;
  int64_t changes_finished = 0;
  bool more = false;
};

// Finishes what others left: each step may be run by any number of processes at once.
class Sweeper {
 public:
  virtual ~Sweeper() = default;

  // Books reservations and coupons of `partition` whose time is over.
  virtual async::Task<core::Result<SweepReport>> SweepDue(uint32_t partition, Deadline deadline) = 0;
  // Credits units that came back to `partition` and did not reach their campaign's home, and tells codes'
  // homes what became of codes here.
  virtual async::Task<core::Result<SweepReport>> SweepTransfers(uint32_t partition, Deadline deadline) = 0;
  // Finishes campaign changes pending at home `partition`.
  virtual async::Task<core::Result<SweepReport>> SweepChanges(uint32_t partition, Deadline deadline) = 0;
};

}  // namespace tessera::storage
