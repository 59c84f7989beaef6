#include "services/analytics/invariant_watch.h"

#include <algorithm>

namespace tessera::analytics {
namespace {

constexpr std::chrono::milliseconds kCheckTime{30'000};
constexpr size_t kDifferencesLogged = 20;

}  // namespace

void Bind(server::ConfigSection section, InvariantConfig& config) {
  section.Field("interval_ms", &config.interval, {100, 3'600'000}, "How long it rests between two checks.");
}

InvariantWatch::InvariantWatch(storage::LedgerStore& store, const InvariantConfig& config,
                               prometheus::Registry& registry, const server::Log& log)
    : store_(store), config_(config), log_(log) {
  differences_ = &prometheus::BuildGauge()
                      .Name("coupon_invariant_differences")
                      .Help("Pairs of counts that must agree and did not at the last check.")
                      .Register(registry)
                      .Add({});
  auto& checks = prometheus::BuildCounter()
                     .Name("coupon_invariant_checks_total")
                     .Help("Checks of the counts against each other.")
                     .Register(registry);
  checks_ = &checks.Add({{"outcome", "ok"}});
  failures_ = &checks.Add({{"outcome", "failed"}});
}

void InvariantWatch::Tell(const storage::Verification& verification) {
  checks_->Increment();
  differences_->Set(static_cast<double>(verification.differences.size()));
  const size_t count = std::min(verification.differences.size(), kDifferencesLogged);
  for (size_t i = 0; i < count; ++i) {
    const storage::Difference& difference = verification.differences[i];
    log_.Error(
        "counts that must agree do not",
        {{"campaign_id", difference.campaign_id},
         {"partition", difference.partition ? static_cast<int64_t>(*difference.partition) : int64_t{-1}},
         {"term", difference.term},
         {"expected", difference.expected},
         {"found", difference.found}});
  }
}

async::Task<void> InvariantWatch::Run() {
  while (!stopped_.is_set()) {
    const auto verification =
        co_await store_.Verify("", storage::VerifyDepth::kCounters, async::After(kCheckTime));
    if (verification.ok()) {
      Tell(*verification);
    } else {
      failures_->Increment();
    }
    if (!stopped_.is_set()) co_await stopped_.WaitUntil(async::After(config_.interval));
  }
}

}  // namespace tessera::analytics
