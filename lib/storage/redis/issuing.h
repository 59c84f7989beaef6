#pragma once

#include <optional>
#include <vector>

#include "storage/coupon_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/stock.h"

namespace tessera::storage {

// Issues coupons: partition by partition, one script call for all items of a partition, with units fetched
// from the campaign's home when a partition has run out. Loop thread only.
class Issuing {
 public:
  Issuing(const Backend& backend, CampaignDirectory& directory, Stock& stock)
      : backend_(backend), directory_(directory), stock_(stock) {}

  async::Task<std::vector<core::Result<Issued>>> Issue(IssueIntent intent);

 private:
  using Answer = std::optional<core::Result<Issued>>;
  struct Share;  // the items of one partition on their way

  async::Task<void> IssueAt(const IssueIntent* intent, uint32_t partition, std::vector<size_t> items,
                            std::vector<Answer>* answers);
  async::Task<core::Status> Try(Share& share);
  std::string PackTerms(const Share& share, core::InstantMs from, core::InstantMs until) const;
  async::Task<core::Status> TakeReply(Share& share, const ScriptReply& reply);
  async::Task<core::Status> FetchUnits(Share& share, bool of_day, int64_t got, int64_t want);
  async::Task<void> RefuseUnlessReplay(Share& share, core::Error refusal);
  void TakeItem(Share& share, size_t item, std::string_view status, std::string_view record,
                int64_t* need_stock, int64_t* need_day);

  const Backend& backend_;
  CampaignDirectory& directory_;
  Stock& stock_;
};

// What an issue record says. REQUIRES: it is one.
Issued ToIssued(const struct Record& record, const std::string& campaign_id);

}  // namespace tessera::storage
