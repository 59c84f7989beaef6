#pragma once

#include <string>
#include <string_view>

#include "core/campaign.h"
#include "core/result.h"

// The stored form of a campaign's definition: the bytes of a coupon.v1.CampaignDefinition, so that what is
// stored evolves by the rules by which the public message does. Pure, any thread.
namespace tessera::api {

// The same definition gives the same bytes.
std::string EncodeDefinition(const core::CampaignDefinition& definition);
// The definition as it was stored, also when today's rules for input would refuse it. STORE_NONSENSE unless
// the bytes are a definition.
core::Result<core::CampaignDefinition> DecodeDefinition(std::string_view bytes);

}  // namespace tessera::api
