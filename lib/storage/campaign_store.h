#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/campaign.h"
#include "core/lifecycle.h"
#include "core/result.h"
#include "storage/operation.h"

namespace tessera::storage {

using CampaignPtr = std::shared_ptr<const core::Campaign>;

// Builds the new definition from the campaign as it stands, or refuses. Called again when the campaign moved
// on meanwhile.
using Edit = std::function<core::Result<core::CampaignDefinition>(const core::Campaign&)>;

struct CampaignPage {
  std::vector<CampaignPtr> campaigns;
  std::string next_cursor;  // empty at the end
};

// Campaigns and their changes. A change has taken effect in every partition when its call answers; one that
// died midway is finished by its retry or by SweepChanges. All methods run on the event loop's thread;
// arguments are copied into the task.
class CampaignStore {
 public:
  virtual ~CampaignStore() = default;

  // CAMPAIGN_EXISTS when the id is taken by another request.
  virtual async::Task<core::Result<CampaignChanged>> Create(Operation op, std::string campaign_id,
                                                            core::CampaignDefinition definition) = 0;
  // VERSION_MISMATCH unless the campaign is at `expected_version`; what `edit` refuses with;
  // STOCK_BELOW_ISSUED when the new stock is below what has been issued, BUDGET_BELOW_SPENT when the new
  // budget is below what has been spent.
  virtual async::Task<core::Result<CampaignChanged>> Update(Operation op, std::string campaign_id,
                                                            int64_t expected_version, Edit edit) = 0;
  // ILLEGAL_TRANSITION.
  virtual async::Task<core::Result<CampaignChanged>> Move(Operation op, std::string campaign_id,
                                                          core::Transition transition) = 0;
  // CAMPAIGN_NOT_FOUND. Read after the call began.
  virtual async::Task<core::Result<CampaignPtr>> Get(std::string campaign_id, Deadline deadline) = 0;
  // Ordered by partition, then id; stable under concurrent creation. `cursor` is empty or a page's
  // next_cursor.
  virtual async::Task<core::Result<CampaignPage>> List(int32_t page_size, std::string cursor,
                                                       Deadline deadline) = 0;
};

}  // namespace tessera::storage
