#pragma once

#include "storage/ledger_store.h"
#include "storage/redis/changing.h"
#include "storage/redis/stock.h"

namespace tessera::storage {

// Finishes what others left. Every step judges anew inside its script, so any number of processes may sweep
// at once. Loop thread only.
class Sweeping {
 public:
  Sweeping(const Backend& backend, CampaignDirectory& directory, Changing& changing, Stock& stock)
      : backend_(backend), directory_(directory), changing_(changing), stock_(stock) {}

  async::Task<core::Result<SweepReport>> SweepDue(uint32_t partition, Deadline deadline);
  async::Task<core::Result<SweepReport>> SweepTransfers(uint32_t partition, Deadline deadline);
  async::Task<core::Result<SweepReport>> SweepChanges(uint32_t partition, Deadline deadline);

 private:
  async::Task<core::Status> ExpireBucket(uint32_t partition, uint32_t bucket, Deadline deadline,
                                         SweepReport* report) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  Changing& changing_;
  Stock& stock_;
};

}  // namespace tessera::storage
