#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "storage/ledger_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/ledger.h"
#include "storage/redis/limit.h"

namespace tessera::storage {

// Holds counters, ledger, escrow and, if asked, every coupon against each other. A partition's counters and
// ledger are read in one instant; the wallets are many keys and are compared only when nothing moved while
// they were read. Loop thread only.
class Verifying {
 public:
  Verifying(const Backend& backend, CampaignDirectory& directory, Ledger& ledger)
      : backend_(backend), directory_(directory), ledger_(ledger) {}

  async::Task<core::Result<Verification>> Verify(std::string campaign_id, VerifyDepth depth,
                                                 Deadline deadline);

 private:
  // What one partition says of one campaign, in one instant.
  struct Counters {
    int64_t issued = 0;
    int64_t reserved = 0;
    int64_t redeemed = 0;
    int64_t expired = 0;
    int64_t revoked = 0;
    StoredShare stock;
    StoredShare budget;
    std::vector<int64_t> ledger;  // by Metric
    bool operator==(const Counters& other) const {
      return issued == other.issued && reserved == other.reserved && redeemed == other.redeemed &&
             expired == other.expired && revoked == other.revoked;
    }
  };
  // Coupons of one campaign in one partition's wallets, by state.
  using StateCounts = std::array<int64_t, 5>;

  // Finds all campaigns, and holds what is not of one campaign against each other: lists and ledgers.
  async::Task<core::Status> ListCampaigns(Deadline deadline, std::vector<KnownCampaignPtr>* campaigns,
                                          Verification* found);
  async::Task<core::Status> ListHome(uint32_t home, Deadline deadline, std::set<std::string>* ids,
                                     Verification* found);
  async::Task<core::Status> VerifyLedger(uint32_t partition, Deadline deadline, Verification* found);
  async::Task<core::Status> VerifyCampaign(KnownCampaignPtr campaign, Deadline deadline, Verification* found);
  async::Task<core::Status> VerifyWallets(uint32_t partition, std::vector<KnownCampaignPtr> campaigns,
                                          Deadline deadline, Verification* found);
  async::Task<core::Status> VerifyEscrow(KnownCampaignPtr campaign, LimitKind kind, int64_t defined_cap,
                                         const std::vector<Counters>* counters, Deadline deadline,
                                         Verification* found);
  async::Task<core::Result<Counters>> ReadCounters(uint32_t partition, core::CampaignNumber number,
                                                   Deadline deadline);
  async::Task<void> CountWallet(uint32_t partition, uint32_t bucket, Deadline deadline,
                                std::map<uint32_t, StateCounts>* counts, core::Status* failure) const;
  async::Task<core::Result<std::map<uint32_t, StateCounts>>> CountWallets(uint32_t partition,
                                                                          Deadline deadline) const;
  async::Task<core::Result<std::vector<Counters>>> ReadAll(uint32_t partition,
                                                           std::vector<KnownCampaignPtr> campaigns,
                                                           Deadline deadline);

  const Backend& backend_;
  CampaignDirectory& directory_;
  Ledger& ledger_;
};

}  // namespace tessera::storage
