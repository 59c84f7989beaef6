#pragma once

#include <string>

#include "storage/campaign_store.h"
#include "storage/redis/campaign_directory.h"
#include "storage/redis/escrow.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Creates and changes campaigns. A change is written at the campaign's home first, then told to every
// partition, then noted as done, and only then answered; whoever finds it pending can go on with it. Loop
// thread only.
class Changing {
 public:
  Changing(const Backend& backend, CampaignDirectory& directory, const Outcomes& outcomes, Escrow& escrow,
           const DefinitionCodec& codec)
      : backend_(backend), directory_(directory), outcomes_(outcomes), escrow_(escrow), codec_(codec) {}

  async::Task<core::Result<CampaignChanged>> Create(Operation op, std::string campaign_id,
                                                    core::CampaignDefinition definition);
  async::Task<core::Result<CampaignChanged>> Update(Operation op, std::string campaign_id,
                                                    int64_t expected_version, Edit edit);
  async::Task<core::Result<CampaignChanged>> Move(Operation op, std::string campaign_id,
                                                  core::Transition transition);
  async::Task<core::Result<CampaignPage>> List(int32_t page_size, std::string cursor, Deadline deadline);

  // Tells every partition the campaign's version and notes that it is done.
  async::Task<core::Status> Finish(std::string campaign_id, Deadline deadline);

 private:
  // The campaign after the change: computed from the campaign as it stands.
  struct Next {
    core::CampaignState state = core::CampaignState::kDraft;
    std::optional<core::CampaignDefinition> definition;
  };
  using Plan = std::function<core::Result<Next>(const core::Campaign&)>;

  async::Task<core::Result<CampaignChanged>> Change(Operation op, std::string campaign_id, Plan plan);
  async::Task<core::Result<ScriptReply>> Write(Operation op, KnownCampaignPtr campaign, Next next,
                                               OperationPlace place) const;
  async::Task<void> PushTo(KnownCampaignPtr campaign, uint32_t partition, Deadline deadline,
                           core::Status* failure) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  const Outcomes& outcomes_;
  Escrow& escrow_;
  const DefinitionCodec& codec_;
};

}  // namespace tessera::storage
