#include "api/parse_job.h"

#include <string_view>

#include "api/convert_job.h"
#include "api/field_checker.h"
#include "api/numbered_id.h"
#include "api/parse_coupon.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
namespace limits = core::limits;

storage::GenerateWork ParseWork(FieldChecker& check, const pb::GenerateCodesWork& work) {
  const FieldPath path = "generate_codes";
  storage::GenerateWork parsed;
  const FieldPath count = path.Field("count");
  parsed.count = static_cast<uint64_t>(check.Number(count, work.count(), 1, limits::kCodesPerJobMax));
  if (!work.has_pattern()) return parsed;
  const pb::CodePattern& pattern = work.pattern();
  parsed.pattern = check.Take(core::CodePattern::Parse(pattern.prefix(), pattern.length(), pattern.alphabet(),
                                                       path.Field("pattern").ToString()));
  if (check.ok() && !parsed.pattern->HasSpaceFor(parsed.count)) {
    check.Fail(count, "must leave the pattern at least 1000 codes for each that is made");
  }
  return parsed;
}

storage::RevokeWork ParseWork(FieldChecker& check, const pb::RevokeCodesWork& work) {
  const FieldPath path = "revoke_codes";
  storage::RevokeWork parsed;
  parsed.batch = ParseBatchId(check, path.Field("batch_id"), work.batch_id());
  parsed.start = static_cast<uint64_t>(
      check.Number(path.Field("start_offset"), work.start_offset(), 0, limits::kCodesPerJobMax));
  parsed.count =
      static_cast<uint64_t>(check.Number(path.Field("count"), work.count(), 0, limits::kCodesPerJobMax));
  check.Choice(path.Field("reason"), work.reason(), pb::RevokeReason_IsValid);
  parsed.reserved_policy = ParseReservedPolicy(check, path.Field("reserved_policy"), work.reserved_policy());
  return parsed;
}

}  // namespace

core::Result<CreateJob> Parse(const pb::CreateJobRequest& request) {
  FieldChecker check;
  CreateJob parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  switch (request.work_case()) {
    case pb::CreateJobRequest::kGenerateCodes:
      parsed.work = ParseWork(check, request.generate_codes());
      break;
    case pb::CreateJobRequest::kRevokeCodes:
      parsed.work = ParseWork(check, request.revoke_codes());
      parsed.reason = request.revoke_codes().reason();
      break;
    case pb::CreateJobRequest::WORK_NOT_SET:
      check.Fail("work", "must be set");
      break;
  }
  return check.Answer(std::move(parsed));
}

core::Result<uint64_t> Parse(const pb::GetJobRequest& request) {
  FieldChecker check;
  const uint64_t job = ParseJobId(check, "job_id", request.job_id());
  return check.Answer(job);
}

core::Result<ListJobs> Parse(const pb::ListJobsRequest& request) {
  FieldChecker check;
  ListJobs parsed;
  parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  parsed.page_size = check.PageSize(request.page_size());
  return check.Answer(std::move(parsed));
}

core::Result<uint64_t> Parse(const pb::CancelJobRequest& request) {
  FieldChecker check;
  check.RequestId(request.request_id());
  const uint64_t job = ParseJobId(check, "job_id", request.job_id());
  return check.Answer(job);
}

}  // namespace tessera::api
