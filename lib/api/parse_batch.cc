#include "api/parse_batch.h"

#include <algorithm>

#include "api/field_checker.h"
#include "api/numbered_id.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
namespace limits = core::limits;

void CheckCodes(FieldChecker& check, const pb::ImportCodesRequest& part) {
  if (part.codes_size() > limits::kCodesPerPartMax)
    check.Fail("codes", "must have at most 1000 entries in a part");
}

}  // namespace

core::Result<ImportHeader> ParseFirst(const pb::ImportCodesRequest& part) {
  FieldChecker check;
  ImportHeader parsed;
  parsed.request_id = check.RequestId(part.request_id());
  parsed.campaign_id = check.CampaignId("campaign_id", part.campaign_id());
  const int64_t uses = check.Number("uses_max", part.uses_max(), 0, limits::kUsesMax);
  parsed.uses_max = static_cast<uint32_t>(std::max<int64_t>(uses, 1));
  parsed.codes_max =
      static_cast<uint64_t>(check.Number("codes_max", part.codes_max(), 1, limits::kCodesPerImportMax));
  CheckCodes(check, part);
  return check.Answer(std::move(parsed));
}

core::Status CheckNext(const pb::ImportCodesRequest& part) {
  FieldChecker check;
  const auto absent = [&check](const char* field, bool is_absent) {
    if (!is_absent) check.Fail(field, "must stand in the import's first part only");
  };
  absent("request_id", part.request_id().empty());
  absent("campaign_id", part.campaign_id().empty());
  absent("uses_max", part.uses_max() == 0);
  absent("codes_max", part.codes_max() == 0);
  CheckCodes(check, part);
  const core::Result<bool> answer = check.Answer(true);
  return answer.ok() ? core::Ok() : core::Status(answer.error());
}

core::Result<StreamCodes> Parse(const pb::StreamCodesRequest& request) {
  FieldChecker check;
  StreamCodes parsed;
  parsed.batch = ParseBatchId(check, "batch_id", request.batch_id());
  parsed.start =
      static_cast<uint64_t>(check.Number("start_offset", request.start_offset(), 0, limits::kCodesPerJobMax));
  return check.Answer(std::move(parsed));
}

}  // namespace tessera::api
