#include "services/issuer/job_handlers.h"

#include "api/convert_job.h"
#include "api/numbered_id.h"
#include "api/parse_job.h"

namespace tessera::issuer {
namespace {

namespace pb = coupon::v1;

}  // namespace

void JobHandlers::Register(server::Router& router) {
  router.Serve("coupon.v1.JobService");
  router.Handle("coupon.v1.JobService/CreateJob",
                program::Counted(metrics_.create_job, this, &JobHandlers::CreateJob));
  router.Handle("coupon.v1.JobService/CancelJob",
                program::Counted(metrics_.cancel_job, this, &JobHandlers::CancelJob));
  router.Handle("coupon.v1.JobService/GetJob", this, &JobHandlers::GetJob);
  router.Handle("coupon.v1.JobService/ListJobs", this, &JobHandlers::ListJobs);
}

JobHandlers::Answer<pb::CreateJobResponse> JobHandlers::CreateJob(const Context& context,
                                                                  const pb::CreateJobRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("campaign_id", parsed->campaign_id);
  const api::CampaignSubject subject{parsed->campaign_id};
  storage::CreateJobIntent intent;
  intent.op = tools_.operations.Make(storage::Method::kCreateJob, subject, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.campaign_id = std::move(parsed->campaign_id);
  intent.work = std::move(parsed->work);
  if (auto* generate = std::get_if<storage::GenerateWork>(&intent.work)) {
    generate->code_key_id = tools_.codes.current_key_id();
  }
  const auto created = co_await store_.CreateJob(std::move(intent));
  if (!created.ok()) co_return created.error();
  if (parsed->reason) metrics_.Revoked(*parsed->reason);
  context.Note("job_id", api::JobId(created->job));
  co_return api::ToProto(*created);
}

JobHandlers::Answer<pb::GetJobResponse> JobHandlers::GetJob(const Context& context,
                                                            const pb::GetJobRequest& request) {
  const auto number = api::Parse(request);
  if (!number.ok()) co_return number.error();
  const auto job = co_await store_.GetJob(*number, context.deadline);
  if (!job.ok()) co_return job.error();
  pb::GetJobResponse response;
  *response.mutable_job() = api::ToProto(*job);
  co_return response;
}

JobHandlers::Answer<pb::ListJobsResponse> JobHandlers::ListJobs(const Context& context,
                                                                const pb::ListJobsRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const core::Error forged(core::Reason::kInvalidPageToken, "page_token is none of this query");
  const std::string sealed_for = "ListJobs/" + parsed->campaign_id;
  std::optional<uint64_t> before;
  if (!request.page_token().empty()) {
    const auto cursor = tools_.tokens.Open(sealed_for, request.page_token());
    if (!cursor) co_return forged;
    before = std::stoull(*cursor);
  }
  const auto page =
      co_await store_.ListJobs(parsed->campaign_id, before, parsed->page_size, context.deadline);
  if (!page.ok()) co_return page.error();
  pb::ListJobsResponse response;
  for (const storage::Job& job : page->jobs) *response.add_jobs() = api::ToProto(job);
  if (page->next) response.set_next_page_token(tools_.tokens.Seal(sealed_for, std::to_string(*page->next)));
  co_return response;
}

JobHandlers::Answer<pb::CancelJobResponse> JobHandlers::CancelJob(const Context& context,
                                                                  const pb::CancelJobRequest& request) {
  const auto number = api::Parse(request);
  if (!number.ok()) co_return number.error();
  context.Note("job_id", api::JobId(*number));
  const auto job = co_await store_.CancelJob(*number, context.deadline);
  if (!job.ok()) co_return job.error();
  pb::CancelJobResponse response;
  *response.mutable_job() = api::ToProto(*job);
  co_return response;
}

}  // namespace tessera::issuer
