#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "storage/campaign_store.h"
#include "storage/ledger_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/records.h"

namespace tessera::storage {

// The sums that the ledger gives for one campaign, in the order of METRICS in scripts/read_counters.lua; what
// each counts is said in scripts/part/tally.lua.
enum class Metric : uint8_t {
  kIssued,
  kClaimed,
  kReserved,
  kReleased,
  kRedeemed,
  kRolledBack,
  kExpired,
  kRevoked,
  kStockReturned,
  kCodesGenerated,
  kCodesRevoked,
  kIssuedOfCodes,
  kReservedNow,
  kRedeemedNow,
  kSubtotal,
  kDiscount,
};
inline constexpr size_t kMetricCount = 16;
inline constexpr std::string_view kMetricLetters = "ichlrbektmwoHXsd";

// Adds the ledger up. Loop thread only.
class Ledger {
 public:
  Ledger(const Backend& backend, CampaignDirectory& directory)
      : backend_(backend),
        directory_(directory),
        last_(backend.keys.shape().partitions, "0-0"),
        was_applied_(backend.keys.shape().partitions) {}

  async::Task<core::Result<ApplyProgress>> Apply(uint32_t partition, int32_t entries_max, Deadline deadline);
  async::Task<core::Result<CampaignTotals>> Totals(std::string campaign_id, Deadline deadline);
  async::Task<core::Result<std::vector<CampaignTotals>>> TotalsOfEach(std::vector<CampaignPtr> campaigns,
                                                                      Deadline deadline);

 private:
  using Sums = std::array<int64_t, kMetricCount>;  // by Metric

  // Whether the totals have all of the partition's ledger: two plain reads instead of a script, for most
  // looks find nothing new. False where that can't be told.
  async::Task<bool> IsApplied(uint32_t partition, Deadline deadline) const;
  // Adds what the partition has of each. What it is given must outlive the Task.
  async::Task<void> AddTotals(uint32_t partition, std::span<const CampaignPtr> campaigns, Deadline deadline,
                              std::vector<Sums>* sums, core::Status* failure) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  std::vector<std::string> last_;  // by partition, as far as this process knows
  std::vector<bool> was_applied_;  // by partition: nothing was left at the last look
};

}  // namespace tessera::storage
