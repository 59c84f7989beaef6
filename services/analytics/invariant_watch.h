#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>

#include "async/event.h"
#include "server/config.h"
#include "server/log.h"
#include "services/program/background_loop.h"
#include "storage/ledger_store.h"

namespace tessera::analytics {

struct InvariantConfig {
  std::chrono::milliseconds interval{5000};
  int wallets_every = 60;
};
void Bind(server::ConfigSection section, InvariantConfig& config);

// Checks time and again that the counts agree, and at every wallets_every-th look that every single coupon
// does: coupon_invariant_differences{depth} is 0 as long as they do, and the log names what does not. What
// was found stays until a look of the same depth finds it gone. Store and log must outlive it.
class InvariantWatch final : public program::BackgroundLoop {
 public:
  InvariantWatch(storage::LedgerStore& store, const InvariantConfig& config, prometheus::Registry& registry,
                 const server::Log& log);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

 private:
  async::Task<bool> Check(storage::VerifyDepth depth);
  void Tell(const storage::Verification& verification);

  storage::LedgerStore& store_;
  const InvariantConfig& config_;
  const server::Log& log_;
  async::Event stopped_;
  std::array<prometheus::Gauge*, 2> differences_{};  // by depth
  prometheus::Counter* checks_;
  prometheus::Counter* failures_;
};

}  // namespace tessera::analytics
