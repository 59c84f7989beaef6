#include "api/convert_job.h"

#include "api/convert_campaign.h"
#include "api/convert_error.h"
#include "api/numbered_id.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

pb::JobState StateOf(storage::JobState state) {
  switch (state) {
    case storage::JobState::kPending:
      return pb::JOB_STATE_PENDING;
    case storage::JobState::kRunning:
      return pb::JOB_STATE_RUNNING;
    case storage::JobState::kSucceeded:
      return pb::JOB_STATE_SUCCEEDED;
    case storage::JobState::kCancelled:
      return pb::JOB_STATE_CANCELLED;
    case storage::JobState::kFailed:
      return pb::JOB_STATE_FAILED;
  }
  return pb::JOB_STATE_UNSPECIFIED;
}

void SetWork(const storage::GenerateWork& work, pb::Job* out) {
  pb::GenerateCodesWork* generate = out->mutable_generate_codes();
  generate->set_count(static_cast<int64_t>(work.count));
  if (!work.pattern) return;
  pb::CodePattern* pattern = generate->mutable_pattern();
  pattern->set_prefix(work.pattern->prefix());
  pattern->set_length(work.pattern->length());
  pattern->set_alphabet(work.pattern->alphabet());
}

void SetWork(const storage::RevokeWork& work, pb::Job* out) {
  pb::RevokeCodesWork* revoke = out->mutable_revoke_codes();
  revoke->set_batch_id(BatchId(work.batch));
  revoke->set_start_offset(static_cast<int64_t>(work.start));
  revoke->set_count(static_cast<int64_t>(work.count));
  revoke->set_reserved_policy(work.reserved_policy == storage::ReservedPolicy::kBreak
                                  ? pb::RESERVED_POLICY_BREAK
                                  : pb::RESERVED_POLICY_WAIT);
}

}  // namespace

pb::CreateJobResponse ToProto(const storage::JobCreated& created) {
  pb::CreateJobResponse out;
  out.set_job_id(JobId(created.job));
  out.set_batch_id(BatchId(created.batch));
  *out.mutable_create_time() = ToProto(created.create_time_ms);
  return out;
}

pb::Job ToProto(const storage::Job& job) {
  pb::Job out;
  out.set_job_id(JobId(job.job));
  out.set_campaign_id(job.campaign_id);
  out.set_state(StateOf(job.state));
  std::visit([&](const auto& work) { SetWork(work, &out); }, job.work);
  out.set_batch_id(BatchId(job.batch));
  out.set_total_count(static_cast<int64_t>(job.numbers.count));
  out.set_done_count(job.done);
  out.set_refused_count(job.refused);
  *out.mutable_create_time() = ToProto(job.create_time_ms);
  if (job.start_time_ms > 0) *out.mutable_start_time() = ToProto(job.start_time_ms);
  *out.mutable_update_time() = ToProto(job.update_time_ms);
  if (job.end_time_ms > 0) *out.mutable_end_time() = ToProto(job.end_time_ms);
  const core::InstantMs worked = job.update_time_ms - job.start_time_ms;
  if (job.start_time_ms > 0 && worked > 0) {
    out.set_rate(static_cast<double>(job.done) * 1000 / static_cast<double>(worked));
  }
  if (job.failure) *out.mutable_failure() = ToProto(core::Error(*job.failure, "The job can't go on."));
  return out;
}

}  // namespace tessera::api
