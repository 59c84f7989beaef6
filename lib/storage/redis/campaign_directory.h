#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "async/single_flight.h"
#include "calendar/calendar.h"
#include "core/campaign.h"
#include "storage/redis/backend.h"

namespace tessera::storage {

// How a definition becomes bytes in Redis and back; given by whoever owns the wire format. Pure functions,
// any thread.
struct DefinitionCodec {
  std::function<std::string(const core::CampaignDefinition&)> encode;
  std::function<core::Result<core::CampaignDefinition>(std::string_view)> decode;
};

// A campaign as it was read, with what follows from it.
struct KnownCampaign {
  core::Campaign campaign;
  calendar::Zone zone;
  int64_t pending_version = 0;  // of the change under way; 0 when there is none
};
using KnownCampaignPtr = std::shared_ptr<const KnownCampaign>;

// Campaigns by id and number, remembered. What is remembered may be old: a script then answers STALE, and a
// refusal that rests on it must be judged again with Fresh. Loop thread only.
class CampaignDirectory {
 public:
  CampaignDirectory(const Backend& backend, const DefinitionCodec& codec)
      : backend_(backend), codec_(codec) {}

  // CAMPAIGN_NOT_FOUND. As remembered, or read.
  async::Task<core::Result<KnownCampaignPtr>> Known(std::string id, Deadline deadline);
  // The same, read after the call began.
  async::Task<core::Result<KnownCampaignPtr>> Fresh(std::string id, Deadline deadline);
  // The campaign that records mean by `number`.
  async::Task<core::Result<KnownCampaignPtr>> Known(core::CampaignNumber number, Deadline deadline);
  async::Task<core::Result<KnownCampaignPtr>> Fresh(core::CampaignNumber number, Deadline deadline);

  // Tells `partition` the version that `campaign` has.
  async::Task<core::Status> Push(KnownCampaignPtr campaign, uint32_t partition, Deadline deadline) const;

  // A partition's version differs from the one that was judged by: whoever is behind learns. REQUIRES: called
  // on STALE.
  async::Task<core::Status> Reconcile(KnownCampaignPtr campaign, uint32_t partition,
                                      int64_t partition_version, Deadline deadline);

  // Reconcile, then the campaign to judge by anew.
  async::Task<core::Result<KnownCampaignPtr>> Newer(KnownCampaignPtr campaign, uint32_t partition,
                                                    int64_t partition_version, Deadline deadline);

 private:
  static constexpr size_t kRememberedMax = 100'000;

  async::Task<core::Result<std::string>> IdOf(core::CampaignNumber number, Deadline deadline);
  async::Task<core::Result<KnownCampaignPtr>> Read(std::string id, Deadline deadline);

  const Backend& backend_;
  const DefinitionCodec& codec_;
  std::unordered_map<std::string, KnownCampaignPtr> by_id_;
  std::unordered_map<uint32_t, std::string> ids_;
  async::SingleFlight<std::string, core::Result<KnownCampaignPtr>> reads_;
};

}  // namespace tessera::storage
