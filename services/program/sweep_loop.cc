#include "services/program/sweep_loop.h"

namespace tessera::program {
namespace {

constexpr std::chrono::milliseconds kStepTime{2000};

using Step = async::Task<core::Result<storage::SweepReport>> (storage::Sweeper::*)(uint32_t,
                                                                                   storage::Deadline);

constexpr Step kSteps[] = {&storage::Sweeper::SweepDue, &storage::Sweeper::SweepTransfers,
                           &storage::Sweeper::SweepChanges};

}  // namespace

void Bind(server::ConfigSection section, SweepConfig& config) {
  section.Field("enabled", &config.enabled, "Whether this process finishes what others left.");
  section.Field("interval_ms", &config.interval, {10, 60'000}, "How long it rests between two rounds.");
}

SweepLoop::SweepLoop(storage::Sweeper& sweeper, uint32_t partitions, const SweepConfig& config,
                     prometheus::Registry& registry)
    : sweeper_(sweeper), partitions_(partitions), config_(config) {
  auto& swept =
      prometheus::BuildCounter()
          .Name("coupon_swept_total")
          .Help("Things that this process finished because their time was over or others left them.")
          .Register(registry);
  reservations_expired_ = &swept.Add({{"what", "reservation"}});
  coupons_expired_ = &swept.Add({{"what", "coupon"}});
  transfers_credited_ = &swept.Add({{"what", "transfer"}});
  codes_settled_ = &swept.Add({{"what", "code"}});
  changes_finished_ = &swept.Add({{"what", "campaign_change"}});
  failures_ = &prometheus::BuildCounter()
                   .Name("coupon_sweep_failures_total")
                   .Help("Steps of the sweeper that the store cut short.")
                   .Register(registry)
                   .Add({});
}

void SweepLoop::Count(const storage::SweepReport& report) {
  reservations_expired_->Increment(static_cast<double>(report.reservations_expired));
  coupons_expired_->Increment(static_cast<double>(report.coupons_expired));
  transfers_credited_->Increment(static_cast<double>(report.transfers_credited));
  codes_settled_->Increment(static_cast<double>(report.codes_settled));
  changes_finished_->Increment(static_cast<double>(report.changes_finished));
}

async::Task<void> SweepLoop::Sweep(uint32_t partition) {
  for (const Step step : kSteps) {
    bool more = true;
    while (more && !stopped_.is_set()) {
      const auto report = co_await (sweeper_.*step)(partition, async::After(kStepTime));
      if (report.ok()) Count(*report);
      // The store says in health and metrics what is wrong. Here the rest goes on, and the next round tries
      // again.
      if (!report.ok()) failures_->Increment();
      more = report.ok() && report->more;
    }
  }
}

async::Task<void> SweepLoop::Run() {
  if (!config_.enabled) co_return;
  while (!stopped_.is_set()) {
    for (uint32_t partition = 0; partition < partitions_ && !stopped_.is_set(); ++partition) {
      co_await Sweep(partition);
    }
    if (!stopped_.is_set()) co_await stopped_.WaitUntil(async::After(config_.interval));
  }
}

}  // namespace tessera::program
