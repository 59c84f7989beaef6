#include "services/program/store_health.h"

namespace tessera::program {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};

}  // namespace

StoreHealth::StoreHealth(const storage::RedisStore& store, server::HealthBoard& board, std::string promise)
    : store_(store), component_(board.Add("redis")), promise_(std::move(promise)) {}

async::Task<void> StoreHealth::Run() {
  std::string told;
  while (!stopped_.is_set()) {
    const core::Status& verdict = store_.verdict();
    std::string detail = verdict.ok() ? promise_
                                      : std::string(core::ReasonName(verdict.error().reason)) + ": " +
                                            verdict.error().message + " " + verdict.error().cause;
    if (detail != told) component_->Set(verdict.ok(), detail);
    told = std::move(detail);
    co_await stopped_.WaitUntil(async::After(kLookEvery));
  }
}

}  // namespace tessera::program
