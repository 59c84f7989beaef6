#include "storage/redis/jobs.h"

#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/home_call.h"
#include "storage/redis/job_record.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

// A worker notes each step, and a step takes a fraction of this: whoever has noted nothing for so long is
// taken for dead.
constexpr core::InstantMs kLeaseMs = 6'000;
// Open jobs that are looked at in one turn.
constexpr int kOpenMax = 16;

core::Error NotFound() { return core::Error(core::Reason::kJobNotFound, "There is no such job."); }

std::string PackWorker(uint64_t worker) { return PackNumber(worker, 8); }

}  // namespace

async::Task<core::Result<Jobs::Extent>> Jobs::ExtentOf(const Work* work, std::string campaign_id,
                                                       Deadline deadline) const {
  Extent extent;
  if (const auto* generate = std::get_if<GenerateWork>(work)) {
    extent.count = generate->count;
    co_return extent;
  }
  const auto& revoke = std::get<RevokeWork>(*work);
  const core::Result<CodeRange> range = co_await ranges_.OfBatch(revoke.batch, deadline);
  if (!range.ok()) co_return range.error();
  const core::Result<KnownCampaignPtr> known = co_await directory_.Known(std::move(campaign_id), deadline);
  if (!known.ok()) co_return known.error();
  if ((*known)->campaign.number != range->campaign) {
    co_return core::Error(core::Reason::kBatchNotFound, "The campaign has no such batch.");
  }
  if (range->imported && (revoke.start > 0 || revoke.count > 0)) {
    co_return core::InvalidField(revoke.start > 0 ? "revoke_codes.start_offset" : "revoke_codes.count",
                                 "must be 0 for an import, whose codes have no order");
  }
  // Numbers of which a job made no codes are nobody's to lose.
  const core::Result<Job> maker = co_await Get(revoke.batch, deadline);
  if (!maker.ok() && maker.error().reason != core::Reason::kJobNotFound) co_return maker.error();
  const bool stopped = maker.ok() && maker->end_time_ms > 0;
  const uint64_t made = stopped ? static_cast<uint64_t>(maker->done) : range->count;
  const uint64_t left = revoke.start < made ? made - revoke.start : 0;
  if (left == 0 || revoke.count > left) {
    co_return core::InvalidField(left == 0 ? "revoke_codes.start_offset" : "revoke_codes.count",
                                 "must not go beyond the batch's " + std::to_string(made) + " codes");
  }
  extent.batch = revoke.batch;
  extent.first = range->first + revoke.start;
  extent.count = revoke.count == 0 ? left : revoke.count;
  co_return extent;
}

redis::Command Jobs::BuildCommand(const CreateJobIntent& intent, const Extent& extent,
                                  const core::Campaign& campaign, const OperationPlace& place) const {
  const Keys& keys = backend_.keys;
  const uint32_t home = keys.Home(campaign.id);
  const auto* generate = std::get_if<GenerateWork>(&intent.work);
  redis::Command command(redis_scripts::kCreateJob);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Definition(campaign.id));
  command.Key(keys.Ranges(home)).Key(keys.Batches(home)).Key(keys.Jobs(home)).Key(keys.OpenJobs(home));
  command.Key(keys.CampaignJobs(campaign.number));
  backend_.AddBegin(command, intent.op, place);
  command.Arg(campaign.version).Arg(std::string(1, TypeOf(intent.work)));
  command.Arg(PackNumber(campaign.number.value, 4)).Arg(extent.count).Arg(CodeIndexEnd(keys.shape()));
  command.Arg(PackNumber(generate != nullptr ? generate->code_key_id : 0, 1));
  command.Arg(NumberOf(extent.batch)).Arg(extent.first).Arg(PackSpec(intent.work));
  return command;
}

async::Task<core::Result<JobCreated>> Jobs::Create(CreateJobIntent intent) {
  const core::Result<Extent> extent = co_await ExtentOf(&intent.work, intent.campaign_id, intent.op.deadline);
  if (!extent.ok()) {
    const core::Result<OperationPlace> place =
        backend_.Place(intent.op, backend_.keys.Home(intent.campaign_id));
    if (!place.ok()) co_return place.error();
    co_return co_await outcomes_.RefuseUnlessReplay<JobCreated>(intent.op, *place, extent.error());
  }
  HomeCall call;
  call.op = intent.op;
  call.campaign_id = intent.campaign_id;
  call.makes_codes = std::holds_alternative<GenerateWork>(intent.work);
  call.build = [&](const core::Campaign& campaign, const OperationPlace& place) {
    return BuildCommand(intent, *extent, campaign, place);
  };
  co_return co_await CallHome<JobCreated>(backend_, directory_, outcomes_, std::move(call));
}

async::Task<core::Result<Job>> Jobs::Opened(uint64_t job, std::string packed, Deadline deadline) const {
  std::optional<StoredJob> stored = OpenJob(packed, job, backend_.keys.shape());
  if (!stored.has_value()) co_return Unreadable("record of a job");
  const core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored->campaign, deadline);
  if (!known.ok()) co_return known.error();
  stored->job.campaign_id = (*known)->campaign.id;
  co_return std::move(stored->job);
}

async::Task<core::Result<Job>> Jobs::Get(uint64_t job, Deadline deadline) const {
  redis::Command command("HGET");
  command.ReadOnly().WaitForReplicas().Key(backend_.keys.Jobs(HomeOf(job))).Arg(NumberOf(job));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->is_nil()) co_return NotFound();
  co_return co_await Opened(job, std::string(reply->text()), deadline);
}

async::Task<core::Result<JobPage>> Jobs::List(std::string campaign_id, std::optional<uint64_t> before,
                                              int32_t page_size, Deadline deadline) const {
  const core::Result<KnownCampaignPtr> known = co_await directory_.Known(std::move(campaign_id), deadline);
  if (!known.ok()) co_return known.error();
  const core::CampaignNumber campaign = (*known)->campaign.number;
  const uint32_t home = backend_.keys.Home(campaign);
  redis::Command command("ZRANGE");
  command.ReadOnly().WaitForReplicas().Key(backend_.keys.CampaignJobs(campaign));
  command.Arg(before ? "(" + std::to_string(NumberOf(*before)) : "+inf").Arg("-inf");
  command.Arg("BYSCORE").Arg("REV").Arg("LIMIT").Arg(0).Arg(page_size);
  core::Result<redis::Reply> numbers = co_await backend_.Call(std::move(command), deadline);
  if (!numbers.ok()) co_return std::move(numbers).error();
  JobPage page;
  if (numbers->size() == 0) co_return page;
  redis::Command read("HMGET");
  read.ReadOnly().WaitForReplicas().Key(backend_.keys.Jobs(home));
  for (size_t i = 0; i < numbers->size(); ++i) read.Arg((*numbers)[i].text());
  core::Result<redis::Reply> packed = co_await backend_.Call(std::move(read), deadline);
  if (!packed.ok()) co_return std::move(packed).error();
  for (size_t i = 0; i < packed->size(); ++i) {
    const uint64_t number = std::stoull(std::string((*numbers)[i].text()));
    core::Result<Job> job = co_await Opened(number * backend_.keys.shape().partitions + home,
                                            std::string((*packed)[i].text()), deadline);
    if (!job.ok()) co_return std::move(job).error();
    page.jobs.push_back(*std::move(job));
  }
  if (page.jobs.size() == static_cast<size_t>(page_size)) page.next = page.jobs.back().job;
  co_return page;
}

async::Task<core::Result<Job>> Jobs::Cancel(uint64_t job, Deadline deadline) const {
  const Keys& keys = backend_.keys;
  redis::Command command(redis_scripts::kCancelJob);
  command.Key(keys.Jobs(HomeOf(job))).Key(keys.OpenJobs(HomeOf(job)));
  command.Arg(NumberOf(job)).Arg(backend_.clock.At(deadline));
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  const std::string_view status = reply->status;
  if (status == "NOT_FOUND") co_return NotFound();
  if (status != "CANCELLED" && status != "ENDED") co_return CommonRefusal(status);
  core::Result<Job> opened = co_await Opened(job, std::string(reply->reply[2].text()), deadline);
  if (!opened.ok() || status == "CANCELLED") co_return opened;
  co_return core::Error(core::Reason::kJobEnded, "The job's work is done.")
      .With("state", opened->state == JobState::kFailed ? "FAILED" : "SUCCEEDED");
}

async::Task<core::Result<std::vector<uint64_t>>> Jobs::Open(uint32_t partition, Deadline deadline) const {
  redis::Command command("ZRANGE");
  command.ReadOnly().Key(backend_.keys.OpenJobs(partition));
  command.Arg("-inf").Arg("(" + std::to_string(backend_.clock.Now())).Arg("BYSCORE");
  command.Arg("LIMIT").Arg(0).Arg(kOpenMax);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  std::vector<uint64_t> jobs;
  for (size_t i = 0; i < reply->size(); ++i) {
    const uint64_t number = std::stoull(std::string((*reply)[i].text()));
    jobs.push_back(number * backend_.keys.shape().partitions + partition);
  }
  co_return jobs;
}

async::Task<core::Result<std::optional<Job>>> Jobs::Lease(JobLease lease, Deadline deadline) const {
  const Keys& keys = backend_.keys;
  redis::Command command(redis_scripts::kLeaseJob);
  command.Key(keys.Jobs(HomeOf(lease.job))).Key(keys.OpenJobs(HomeOf(lease.job)));
  command.Arg(NumberOf(lease.job)).Arg(PackWorker(lease.worker)).Arg(kLeaseMs);
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->status == "HELD" || reply->status == "ENDED") co_return std::optional<Job>();
  if (reply->status != "LEASED") co_return Nonsense("lease_job", reply->reply);
  core::Result<Job> job = co_await Opened(lease.job, std::string(reply->reply[2].text()), deadline);
  if (!job.ok()) co_return std::move(job).error();
  co_return std::optional<Job>(*std::move(job));
}

async::Task<core::Result<bool>> Jobs::Advance(JobLease lease, JobStep step, Deadline deadline) const {
  const Keys& keys = backend_.keys;
  const uint32_t home = HomeOf(lease.job);
  redis::Command command(redis_scripts::kAdvanceJob);
  command.Key(keys.Jobs(home)).Key(keys.OpenJobs(home)).Key(keys.Ledger(home));
  command.Arg(NumberOf(lease.job)).Arg(PackWorker(lease.worker)).Arg(kLeaseMs);
  command.Arg(step.from).Arg(step.to).Arg(step.refused).Arg(step.made);
  command.Arg(step.failure ? static_cast<int>(*step.failure) + 1 : 0);
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->status == "NOTED") co_return true;
  if (reply->status == "ENDED" || reply->status == "LOST") co_return false;
  co_return Nonsense("advance_job", reply->reply);
}

}  // namespace tessera::storage
