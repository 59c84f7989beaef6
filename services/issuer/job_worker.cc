#include "services/issuer/job_worker.h"

#include <array>
#include <asio/this_coro.hpp>
#include <cstring>

#include "async/spawn.h"
#include "async/timer.h"
#include "crypto/random.h"
#include "services/issuer/short_codes.h"
#include "services/program/stored_code_lookup.h"

namespace tessera::issuer {
namespace {

using storage::Job;
using storage::JobStep;

constexpr std::chrono::milliseconds kCallTime{2'000};
// For one step: below the lease.
constexpr std::chrono::milliseconds kStepTime{4'000};
// Derived codes that are noted in one step: they cost nothing until somebody reads them.
constexpr uint64_t kDerivedPerStep = 100'000;
// Short codes that are stored in one step.
constexpr uint64_t kShortPerStep = 1'000;

}  // namespace

void Bind(server::ConfigSection section, JobConfig& config) {
  section.Field("enabled", &config.enabled, "Whether this process does jobs.");
  section.Field("interval_ms", &config.interval, {10, 60'000},
                "How long it rests between two looks for jobs.");
  section.Field("at_once", &config.at_once, {1, 64}, "Jobs that it does at once.");
}

JobWorker::JobWorker(storage::JobWork& work, storage::BatchStore& batches, const program::HandlerTools& tools,
                     const JobConfig& config, prometheus::Registry& registry)
    : work_(work), batches_(batches), tools_(tools), config_(config) {
  std::array<uint8_t, sizeof worker_> random{};
  crypto::FillRandom(random);
  std::memcpy(&worker_, random.data(), random.size());
  jobs_running_ = &prometheus::BuildGauge()
                       .Name("coupon_jobs_running")
                       .Help("Jobs that this process is at.")
                       .Register(registry)
                       .Add({});
  codes_done_ = &prometheus::BuildCounter()
                     .Name("coupon_job_codes_total")
                     .Help("Codes that this process did in jobs.")
                     .Register(registry)
                     .Add({});
  failures_ = &prometheus::BuildCounter()
                   .Name("coupon_job_failures_total")
                   .Help("Steps of jobs that the store cut short.")
                   .Register(registry)
                   .Add({});
}

JobWorker::Asked<JobStep> JobWorker::MakeShort(const Job& job, const storage::GenerateWork& work) {
  if (!tools_.stored_codes.HasCodeKey(work.code_key_id)) {
    co_return core::Error(core::Reason::kContended, "the job's code key is not here: it is left to others");
  }
  const storage::Deadline deadline = async::After(kStepTime);
  JobStep step;
  step.from = job.done;
  step.to = job.done;
  const uint64_t count = std::min(kShortPerStep, job.numbers.count - static_cast<uint64_t>(job.done));
  std::vector<core::CodeNumber> open;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t place = static_cast<uint64_t>(job.done) + i;
    open.push_back(core::CodeNumber{job.numbers.first + place * job.numbers.stride});
  }
  // Drawing is always the same, so a step that is done again finds its codes where it left them.
  for (uint32_t draw = 0; !open.empty() && draw < kShortCodeDrawsMax; ++draw) {
    std::vector<storage::StoredCode> codes;
    std::vector<core::CodeNumber> again;
    for (const core::CodeNumber number : open) {
      const std::string text = tools_.stored_codes.Draw(work.code_key_id, *work.pattern, number, draw);
      const auto keys = tools_.stored_codes.KeysOf(*core::CanonicalStoredCode(text));
      // It may have been stored, with another number, before the current user key came.
      std::vector<core::StoredCodeKey> older(keys.begin() + 1, keys.end());
      const auto before = co_await program::FindUnder(batches_, std::move(older), deadline);
      if (!before.ok()) co_return before.error();
      if (before->value_or(number) == number) {
        codes.push_back({keys.front(), number});
      } else {
        again.push_back(number);
      }
    }
    const auto standing = co_await batches_.AddStoredCodes(job.campaign_id, job.batch, codes, deadline);
    if (!standing.ok()) co_return standing.error();
    for (size_t i = 0; i < codes.size(); ++i) {
      if ((*standing)[i] != *codes[i].number) again.push_back(*codes[i].number);
    }
    open = std::move(again);
  }
  if (open.empty()) {
    step.to = job.done + static_cast<int64_t>(count);
  } else {
    step.failure = core::Reason::kContended;
  }
  co_return step;
}

JobWorker::Asked<JobStep> JobWorker::Make(const Job& job, const storage::GenerateWork& work) {
  const core::Status may = co_await work_.MayMakeCodes(job.campaign_id, async::After(kCallTime));
  if (!may.ok() && may.error().reason == core::Reason::kCampaignEnded) {
    JobStep step;
    step.from = job.done;
    step.to = job.done;
    step.failure = may.error().reason;
    co_return step;
  }
  if (!may.ok()) co_return may.error();
  if (work.pattern) co_return co_await MakeShort(job, work);
  JobStep step;
  step.from = job.done;
  step.made =
      static_cast<int64_t>(std::min(kDerivedPerStep, job.numbers.count - static_cast<uint64_t>(job.done)));
  step.to = job.done + step.made;
  co_return step;
}

JobWorker::Asked<JobStep> JobWorker::Step(const Job& job) {
  if (const auto* generate = std::get_if<storage::GenerateWork>(&job.work)) {
    co_return co_await Make(job, *generate);
  }
  co_return co_await work_.TakeBack(job, async::After(kStepTime));
}

JobWorker::Asked<bool> JobWorker::Work(storage::JobLease lease) {
  auto job = co_await work_.Lease(lease, async::After(kCallTime));
  if (!job.ok()) co_return job.error();
  while (job->has_value() && !stopped_.is_set()) {
    const auto step = co_await Step(**job);
    if (!step.ok()) co_return step.error();
    const auto goes_on = co_await work_.Advance(lease, *step, async::After(kCallTime));
    if (!goes_on.ok()) co_return goes_on.error();
    // The note of the last step ends the job, and one that was lost to another worker is that one's to count.
    const bool was_last = static_cast<uint64_t>(step->to) == (*job)->numbers.count;
    if (*goes_on || was_last) codes_done_->Increment(static_cast<double>(step->to - step->from));
    if (!*goes_on) break;
    (*job)->done = step->to;
  }
  co_return true;
}

async::Task<void> JobWorker::Do(uint64_t job) {
  storage::JobLease lease;
  lease.job = job;
  lease.worker = worker_;
  const auto worked = co_await Work(lease);
  // A paused campaign makes no codes for now: that is no failure, and its job waits for the lease's end.
  const bool waits = !worked.ok() && worked.error().reason == core::Reason::kCampaignPaused;
  if (!worked.ok() && !waits) failures_->Increment();
  running_.erase(job);
  jobs_running_->Set(static_cast<double>(running_.size()));
  if (running_.empty()) idle_.Set();
}

async::Task<void> JobWorker::Begin(uint32_t partition) {
  const auto open = co_await work_.OpenJobs(partition, async::After(kCallTime));
  // The store says in health and metrics what is wrong.
  if (!open.ok()) co_return;
  const async::Executor executor = co_await asio::this_coro::executor;
  for (const uint64_t job : *open) {
    const bool busy = running_.size() >= static_cast<size_t>(config_.at_once);
    if (busy || stopped_.is_set()) co_return;
    if (!running_.insert(job).second) continue;
    jobs_running_->Set(static_cast<double>(running_.size()));
    idle_.Reset();
    async::Spawn(executor, Do(job));
  }
}

async::Task<void> JobWorker::Run() {
  if (!config_.enabled) co_return;
  idle_.Set();
  while (!stopped_.is_set()) {
    for (uint32_t partition = 0; partition < tools_.shape.partitions && !stopped_.is_set(); ++partition) {
      co_await Begin(partition);
    }
    if (!stopped_.is_set()) co_await stopped_.WaitUntil(async::After(config_.interval));
  }
  co_await idle_.Wait();
}

}  // namespace tessera::issuer
