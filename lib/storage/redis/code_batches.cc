#include "storage/redis/code_batches.h"

namespace tessera::storage {

async::Task<core::Result<CodeBatch>> CodeBatches::Get(uint64_t batch, Deadline deadline) const {
  const core::Result<CodeRange> range = co_await ranges_.OfBatch(batch, deadline);
  if (!range.ok()) co_return range.error();
  const core::Result<KnownCampaignPtr> known = co_await directory_.Known(range->campaign, deadline);
  if (!known.ok()) co_return known.error();
  CodeBatch found;
  found.campaign_id = (*known)->campaign.id;
  found.numbers = ranges_.Row(*range);
  found.code_key_id = range->code_key_id;
  found.imported = range->imported;
  found.made = range->count;
  // The job that makes a batch has the batch's number; one of a single call or an import has no job.
  const core::Result<Job> job = co_await jobs_.Get(batch, deadline);
  if (!job.ok() && job.error().reason == core::Reason::kJobNotFound) co_return found;
  if (!job.ok()) co_return job.error();
  found.pattern = std::get<GenerateWork>(job->work).pattern;
  found.made = static_cast<uint64_t>(job->done);
  found.growing = job->state == JobState::kPending || job->state == JobState::kRunning;
  co_return found;
}

async::Task<core::Result<std::vector<core::CodeNumber>>> CodeBatches::AddStored(std::string campaign_id,
                                                                                uint64_t batch,
                                                                                std::vector<StoredCode> codes,
                                                                                Deadline deadline) const {
  const core::Result<KnownCampaignPtr> known = co_await directory_.Known(std::move(campaign_id), deadline);
  if (!known.ok()) co_return known.error();
  const core::Result<CodeRange> range = co_await ranges_.OfBatch(batch, deadline);
  if (!range.ok()) co_return range.error();
  if (range->campaign != (*known)->campaign.number) {
    co_return core::Error(core::Reason::kBatchNotFound, "The campaign has no such batch.");
  }
  co_return co_await names_.Add(*range, std::move(codes), deadline);
}

}  // namespace tessera::storage
