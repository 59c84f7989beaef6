#pragma once

#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "storage/ledger_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/ledger.h"
#include "storage/redis/limit.h"

namespace tessera::storage {

// Holds counters, ledger, escrow and, if asked, every coupon and its users' uses against each other. A
// partition's counters and ledger are read in one instant; the wallets are many keys and are compared only
// when nothing moved while they were read. Loop thread only.
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
    std::array<StoredShare, kLimitKinds> shares;  // by LimitKind
    std::array<int64_t, kMetricCount> ledger{};   // by Metric
    const StoredShare& share(LimitKind kind) const { return shares[static_cast<size_t>(kind)]; }
    // Whether nothing moved between the two: the ledger's sums of events only grow.
    bool operator==(const Counters& other) const {
      return ledger == other.ledger && issued == other.issued && reserved == other.reserved &&
             redeemed == other.redeemed && expired == other.expired && revoked == other.revoked;
    }
  };
  // They must outlive the Tasks that are given them.
  using Campaigns = std::span<const KnownCampaignPtr>;
  // Campaigns of one read: beside the tail of the ledger, it holds Redis up no longer than a use of several
  // coupons.
  static constexpr size_t kReadTogether = 8;
  static std::vector<Campaigns> Together(Campaigns campaigns);

  // Of one campaign in one partition's wallets.
  struct WalletCounts {
    std::array<int64_t, 5> states{};  // coupons, by state
    int64_t uses = 0;                 // that its users are counted to have had
  };

  // Finds all campaigns, and holds what is not of one campaign against each other: lists and ledgers.
  async::Task<core::Status> ListCampaigns(Deadline deadline, std::vector<KnownCampaignPtr>* campaigns,
                                          Verification* found);
  async::Task<core::Status> ListHome(uint32_t home, Deadline deadline, std::set<std::string>* ids,
                                     Verification* found);
  async::Task<core::Status> VerifyLedger(uint32_t partition, Deadline deadline, Verification* found);
  // Some at once: their counters in a partition are read together.
  async::Task<core::Status> VerifyCampaigns(Campaigns campaigns, Deadline deadline, Verification* found);
  async::Task<core::Status> VerifyEscrows(KnownCampaignPtr campaign, const std::vector<Counters>* counters,
                                          Deadline deadline, Verification* found);
  // Those of one partition.
  static void CompareCounters(const core::Campaign& campaign, uint32_t partition, const Counters& counters,
                              Verification* found);
  async::Task<core::Status> VerifyWallets(uint32_t partition, Campaigns campaigns, Deadline deadline,
                                          Verification* found);
  async::Task<core::Status> VerifyEscrow(KnownCampaignPtr campaign, LimitKind kind, int64_t defined_cap,
                                         const std::vector<Counters>* counters, Deadline deadline,
                                         Verification* found);
  // By campaign, at most kReadTogether, in one instant.
  async::Task<core::Result<std::vector<Counters>>> ReadCounters(uint32_t partition, Campaigns campaigns,
                                                                Deadline deadline);
  async::Task<void> CountWallet(uint32_t partition, uint32_t bucket, Deadline deadline,
                                std::map<uint32_t, WalletCounts>* counts, core::Status* failure) const;
  async::Task<core::Result<std::map<uint32_t, WalletCounts>>> CountWallets(uint32_t partition,
                                                                           Deadline deadline) const;
  async::Task<core::Result<std::vector<Counters>>> ReadAll(uint32_t partition, Campaigns campaigns,
                                                           Deadline deadline);

  const Backend& backend_;
  CampaignDirectory& directory_;
  Ledger& ledger_;
};

}  // namespace tessera::storage
