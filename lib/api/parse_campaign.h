#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/field_path.h"
#include "core/campaign.h"
#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/campaign_service.pb.h"

// Requests about campaigns, checked and in the words of the core. INVALID_FIELD names the field. Pure, any
// thread.
namespace tessera::api {

struct CreateCampaign {
  core::RequestId request_id;
  std::string campaign_id;  // empty: to be derived
  core::CampaignDefinition definition;
};

struct UpdateCampaign {
  core::RequestId request_id;
  std::string campaign_id;
  int64_t version = 0;
};

// Activate, pause, resume, end.
struct MoveCampaign {
  core::RequestId request_id;
  std::string campaign_id;
};

struct ListCampaigns {
  std::optional<core::CampaignState> state;
  int32_t page_size = 0;
};

core::Result<CreateCampaign> Parse(const coupon::v1::CreateCampaignRequest& request);
// Checks the mask too; EditDefinition checks the fields that it names.
core::Result<UpdateCampaign> Parse(const coupon::v1::UpdateCampaignRequest& request);
core::Result<MoveCampaign> ParseMove(const std::string& request_id, const std::string& campaign_id);
core::Result<ListCampaigns> Parse(const coupon::v1::ListCampaignsRequest& request);
// The campaign_id of a request that names nothing else.
core::Result<std::string> ParseCampaignId(const std::string& campaign_id);

core::Result<core::CampaignDefinition> ParseDefinition(const coupon::v1::CampaignDefinition& definition,
                                                       const FieldPath& path);

// The definition of `current` with the fields that the request's mask names as the request has them.
// INVALID_FIELD, or FIELD_IMMUTABLE for what may not change in the campaign's state. REQUIRES: Parse(request)
// was OK.
core::Result<core::CampaignDefinition> EditDefinition(const coupon::v1::UpdateCampaignRequest& request,
                                                      const core::Campaign& current);

}  // namespace tessera::api
