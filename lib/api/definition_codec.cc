#include "api/definition_codec.h"

#include "api/convert_campaign.h"
#include "api/parse_campaign.h"

namespace tessera::api {

std::string EncodeDefinition(const core::CampaignDefinition& definition) {
  // No map is in it, so its serialization is deterministic as it is.
  return ToProto(definition).SerializeAsString();
}

core::Result<core::CampaignDefinition> DecodeDefinition(std::string_view bytes) {
  coupon::v1::CampaignDefinition stored;
  const auto nonsense = [](std::string cause) {
    return core::Error(core::Reason::kStoreNonsense, "a stored campaign cannot be read")
        .Because(std::move(cause));
  };
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return nonsense("no CampaignDefinition");
  auto definition = ParseDefinition(stored, "definition");
  if (!definition.ok()) return nonsense(definition.error().message);
  return definition;
}

}  // namespace tessera::api
