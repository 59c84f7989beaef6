#include "services/analytics/invariant_watch.h"

#include <algorithm>

namespace tessera::analytics {
namespace {

constexpr std::chrono::milliseconds kCheckTime{30'000};
constexpr size_t kDifferencesLogged = 20;
// A check of many campaigns keeps Redis busy. It rests so many times as long as it took, if that is longer
// than the interval, but no longer than that.
constexpr int kRestFactor = 9;
constexpr std::chrono::seconds kRestMax{60};
// Wallets that change faster than they can be counted are tried again sooner than the next time.
constexpr int kSooner = 10;

}  // namespace

void Bind(server::ConfigSection section, InvariantConfig& config) {
  section.Field(
      "interval_ms", &config.interval, {100, 3'600'000},
      "How long it rests between two checks; longer after a long one: nine times as long as it took, up to "
      "a minute.");
  section.Field("wallets_every", &config.wallets_every, {0, 100'000},
                "Of how many checks one counts every coupon of every wallet besides; 0: none.");
}

InvariantWatch::InvariantWatch(storage::LedgerStore& store, const InvariantConfig& config,
                               prometheus::Registry& registry, const server::Log& log)
    : store_(store), config_(config), log_(log) {
  auto& differences = prometheus::BuildGauge()
                          .Name("coupon_invariant_differences")
                          .Help("Pairs of counts that must agree and did not at the last check.")
                          .Register(registry);
  for (const storage::VerifyDepth depth : {storage::VerifyDepth::kCounters, storage::VerifyDepth::kWallets}) {
    const char* name = depth == storage::VerifyDepth::kWallets ? "wallets" : "counters";
    differences_[static_cast<size_t>(depth)] = &differences.Add({{"depth", name}});
  }
  auto& checks = prometheus::BuildCounter()
                     .Name("coupon_invariant_checks_total")
                     .Help("Checks of the counts against each other.")
                     .Register(registry);
  checks_ = &checks.Add({{"outcome", "ok"}});
  failures_ = &checks.Add({{"outcome", "failed"}});
}

void InvariantWatch::Tell(const storage::Verification& verification) {
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

async::Task<bool> InvariantWatch::Check(storage::VerifyDepth depth) {
  const auto verification = co_await store_.Verify("", depth, async::After(kCheckTime));
  if (!verification.ok()) {
    failures_->Increment();
    co_return false;
  }
  checks_->Increment();
  differences_[static_cast<size_t>(depth)]->Set(static_cast<double>(verification->differences.size()));
  Tell(*verification);
  co_return true;
}

async::Task<void> InvariantWatch::Run() {
  int until_wallets = config_.wallets_every;
  while (!stopped_.is_set()) {
    const async::Deadline begin = async::Clock::now();
    co_await Check(storage::VerifyDepth::kCounters);
    const bool due = config_.wallets_every > 0 && --until_wallets <= 0;
    if (due && !stopped_.is_set()) {
      const bool counted = co_await Check(storage::VerifyDepth::kWallets);
      until_wallets = counted ? config_.wallets_every : config_.wallets_every / kSooner;
    }
    const async::Deadline now = async::Clock::now();
    const auto rest = std::min<async::Clock::duration>(kRestFactor * (now - begin), kRestMax);
    if (!stopped_.is_set())
      co_await stopped_.WaitUntil(now + std::max<async::Clock::duration>(config_.interval, rest));
  }
}

}  // namespace tessera::analytics
