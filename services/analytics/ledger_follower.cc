#include "services/analytics/ledger_follower.h"

#include <algorithm>

#include "async/when_all.h"

namespace tessera::analytics {
namespace {

constexpr std::chrono::milliseconds kStepTime{1000};

}  // namespace

void Bind(server::ConfigSection section, FollowConfig& config) {
  section.Field("interval_ms", &config.interval, {1, 60'000},
                "How long it rests when there was nothing new.");
  section.Field("entries_max", &config.entries_max, {1, 10'000},
                "Entries of the ledger that one step adds at most.");
}

LedgerFollower::LedgerFollower(storage::LedgerStore& store, uint32_t partitions, const FollowConfig& config,
                               prometheus::Registry& registry)
    : store_(store), config_(config), partitions_(partitions) {
  lag_seconds_ = &prometheus::BuildGauge()
                      .Name("coupon_analytics_lag_seconds")
                      .Help("Age of the oldest ledger event that is not in the aggregates.")
                      .Register(registry)
                      .Add({});
  events_ = &prometheus::BuildCounter()
                 .Name("coupon_analytics_events_total")
                 .Help("Ledger events that this process added to the aggregates.")
                 .Register(registry)
                 .Add({});
  failures_ = &prometheus::BuildCounter()
                   .Name("coupon_analytics_failures_total")
                   .Help("Steps that the store refused or did not answer.")
                   .Register(registry)
                   .Add({});
}

int64_t LedgerFollower::lag_ms() const {
  const auto now = async::Clock::now();
  int64_t lag_ms = 0;
  for (const Partition& partition : partitions_) {
    int64_t own_ms = partition.lag_ms;
    // What came since the last answer is unknown, so it is taken as having come right after it.
    if (partition.failing) {
      own_ms += std::chrono::duration_cast<std::chrono::milliseconds>(now - partition.seen_at).count();
    }
    lag_ms = std::max(lag_ms, own_ms);
  }
  return lag_ms;
}

async::Task<void> LedgerFollower::Catch(uint32_t number) {
  Partition& partition = partitions_[number];
  bool more = true;
  while (more && !stopped_.is_set()) {
    const auto progress = co_await store_.Apply(number, config_.entries_max, async::After(kStepTime));
    partition.failing = !progress.ok();
    if (!progress.ok()) {
      failures_->Increment();
      co_return;
    }
    partition.lag_ms = progress->lag_ms;
    partition.seen_at = async::Clock::now();
    events_->Increment(static_cast<double>(progress->applied));
    more = progress->more;
    lag_seconds_->Set(static_cast<double>(lag_ms()) / 1000);
  }
}

async::Task<void> LedgerFollower::Run() {
  for (Partition& partition : partitions_) partition.seen_at = async::Clock::now();
  while (!stopped_.is_set()) {
    std::vector<async::Task<void>> partitions;
    partitions.reserve(partitions_.size());
    for (uint32_t number = 0; number < partitions_.size(); ++number) partitions.push_back(Catch(number));
    co_await async::WhenAll(std::move(partitions));
    lag_seconds_->Set(static_cast<double>(lag_ms()) / 1000);
    if (!stopped_.is_set()) co_await stopped_.WaitUntil(async::After(config_.interval));
  }
}

}  // namespace tessera::analytics
