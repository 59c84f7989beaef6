#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/coupon_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/escrow.h"
#include "storage/redis/issue_calls.h"

namespace tessera::storage {

// Issues coupons: partition by partition, with units fetched from the campaign's home when a partition has
// run out. Loop thread only.
class Issuing {
 public:
  Issuing(const Backend& backend, CampaignDirectory& directory, Escrow& escrow)
      : backend_(backend), directory_(directory), escrow_(escrow), calls_(backend) {}

  async::Task<std::vector<core::Result<Issued>>> Issue(IssueIntent intent);

 private:
  using Answer = std::optional<core::Result<Issued>>;
  struct Share;  // the items of one partition on their way

  async::Task<void> IssueAt(const IssueIntent* intent, uint32_t partition, std::vector<size_t> items,
                            std::vector<Answer>* answers);
  async::Task<core::Status> Try(Share& share);
  async::Task<core::Status> Judge(Share& share);
  IssueRequest Request(const Share& share) const;
  std::string PackTerms(const Share& share) const;
  async::Task<core::Status> Take(Share& share, IssueAnswer answer);
  async::Task<core::Status> FetchUnits(Share& share, bool of_day, int64_t got, int64_t want);
  async::Task<void> RefuseUnlessReplay(Share& share, const core::Error& refusal);
  async::Task<void> RefuseUnlessReplay(Share& share, size_t item, const core::Error* refusal);
  bool DayIsOver(const Share& share, core::InstantMs now) const;
  core::Result<Issued> Open(const Share& share, std::string_view status, std::string_view record,
                            core::InstantMs now) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  Escrow& escrow_;
  IssueCalls calls_;
};

// What a user's limits and wallet refuse with.
core::Error UserQuotaSpent();
core::Error UserQuotaSpentToday(const core::Window& day);
core::Error WalletFull();

// What an issue record says. REQUIRES: it is one.
Issued ToIssued(const struct Record& record, const core::Campaign& campaign);

}  // namespace tessera::storage
