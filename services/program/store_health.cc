#include "services/program/store_health.h"

namespace tessera::program {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};

// What a guard can find. Anything else is shown as the last.
constexpr core::Reason kReasons[] = {core::Reason::kDurabilityBelowPromise,
                                     core::Reason::kStoreUnreachable,
                                     core::Reason::kStoreEmpty,
                                     core::Reason::kStoreForeign,
                                     core::Reason::kStoreReadOnly,
                                     core::Reason::kStoreLoading,
                                     core::Reason::kStoreBusy,
                                     core::Reason::kStoreNonsense,
                                     core::Reason::kOverloaded,
                                     core::Reason::kOutcomeUnknown,
                                     core::Reason::kStorageFull,
                                     core::Reason::kInternal};

}  // namespace

StoreHealth::StoreHealth(const storage::RedisStore& store, server::HealthBoard& board,
                         prometheus::Registry& registry, std::string promise)
    : store_(store), component_(board.Add("redis")), promise_(std::move(promise)) {
  auto& closed = prometheus::BuildGauge()
                     .Name("tessera_store_closed")
                     .Help("1 while calls are refused for this reason, before Redis is asked.")
                     .Register(registry);
  for (const core::Reason reason : kReasons) {
    closed_[reason] = &closed.Add({{"reason", std::string(core::ReasonName(reason))}});
  }
  Count(store_.verdict());
}

void StoreHealth::Count(const core::Status& verdict) {
  for (const auto& [reason, gauge] : closed_) gauge->Set(0);
  if (verdict.ok()) return;
  const auto known = closed_.find(verdict.error().reason);
  (known == closed_.end() ? closed_.at(core::Reason::kInternal) : known->second)->Set(1);
}

async::Task<void> StoreHealth::Run() {
  std::string told;
  while (!stopped_.is_set()) {
    const core::Status& verdict = store_.verdict();
    std::string detail = verdict.ok() ? promise_
                                      : std::string(core::ReasonName(verdict.error().reason)) + ": " +
                                            verdict.error().message + " " + verdict.error().cause;
    if (detail != told) {
      Count(verdict);
      component_->Set(verdict.ok(), detail);
    }
    told = std::move(detail);
    co_await stopped_.WaitUntil(async::After(kLookEvery));
  }
}

}  // namespace tessera::program
