#pragma once

#include <string>
#include <vector>

#include "storage/ledger_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/records.h"

namespace tessera::storage {

// Adds the ledger up and holds everything else against it. Loop thread only.
class Ledger {
 public:
  Ledger(const Backend& backend, CampaignDirectory& directory)
      : backend_(backend), directory_(directory), last_(backend.keys.shape().partitions, "0-0") {}

  async::Task<core::Result<ApplyProgress>> Apply(uint32_t partition, int32_t entries_max, Deadline deadline);
  async::Task<core::Result<CampaignTotals>> Totals(std::string campaign_id, Deadline deadline);

 private:
  async::Task<void> AddTotals(uint32_t partition, core::CampaignNumber number, Deadline deadline,
                              std::vector<int64_t>* sums, core::Status* failure) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  std::vector<std::string> last_;  // by partition, as far as this process knows
};

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

}  // namespace tessera::storage
