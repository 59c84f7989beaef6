#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "storage/coupon_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/stock.h"

namespace tessera::storage {

// Issues coupons: partition by partition, one script call for all items of a partition, with units fetched
// from the campaign's home when a partition has run out. Claims that are ready in one turn of the loop, of
// one campaign and partition, share a call: so a claim costs Redis the less the greater the rush. Loop thread
// only.
class Issuing {
 public:
  Issuing(const Backend& backend, CampaignDirectory& directory, Stock& stock)
      : backend_(backend), directory_(directory), stock_(stock) {}

  async::Task<std::vector<core::Result<Issued>>> Issue(IssueIntent intent);

 private:
  using Answer = std::optional<core::Result<Issued>>;
  struct Share;      // the items of one partition on their way
  struct Gathering;  // claims that will share a call
  using GatheringKey = std::tuple<std::string, uint32_t, IssueSource, uint8_t>;

  // One item, with others that are ready now. The least time that one of them has is the time of all, and is
  // told in `shared`.
  async::Task<core::Result<Issued>> IssueGathered(const IssueIntent& intent, Deadline* shared);
  async::Task<void> IssueAt(const IssueIntent* intent, uint32_t partition, std::vector<size_t> items,
                            std::vector<Answer>* answers);
  async::Task<core::Status> Try(Share& share);
  std::string PackTerms(const Share& share) const;
  async::Task<core::Status> TakeReply(Share& share, redis::Reply reply);
  async::Task<core::Status> FetchUnits(Share& share, bool of_day, int64_t got, int64_t want);
  async::Task<void> RefuseUnlessReplay(Share& share, const core::Error& refusal);
  async::Task<void> RefuseUnlessReplay(Share& share, size_t item, const core::Error* refusal);
  bool DayIsOver(const Share& share, core::InstantMs now) const;
  core::Result<Issued> Open(const Share& share, std::string_view status, std::string_view record,
                            core::InstantMs now) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  Stock& stock_;
  std::map<GatheringKey, std::shared_ptr<Gathering>> gathering_;  // campaign, partition, source, code key
};

// What an issue record says. REQUIRES: it is one.
Issued ToIssued(const struct Record& record, const std::string& campaign_id);

}  // namespace tessera::storage
