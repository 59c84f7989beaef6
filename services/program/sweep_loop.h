#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>

#include "async/event.h"
#include "server/config.h"
#include "services/program/background_loop.h"
#include "storage/ledger_store.h"

namespace tessera::program {

struct SweepConfig {
  bool enabled = true;
  std::chrono::milliseconds interval{1000};
};
void Bind(server::ConfigSection section, SweepConfig& config);

// Finishes what others left: reservations and coupons whose time is over, units on their way home, campaign
// changes. Any number of processes may do so at once. The sweeper must outlive it.
class SweepLoop final : public BackgroundLoop {
 public:
  SweepLoop(storage::Sweeper& sweeper, uint32_t partitions, const SweepConfig& config,
            prometheus::Registry& registry);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

 private:
  async::Task<void> Sweep(uint32_t partition);
  void Count(const storage::SweepReport& report);

  storage::Sweeper& sweeper_;
  const uint32_t partitions_;
  const SweepConfig& config_;
  async::Event stopped_;
  prometheus::Counter* reservations_expired_;
  prometheus::Counter* coupons_expired_;
  prometheus::Counter* transfers_credited_;
  prometheus::Counter* codes_settled_;
  prometheus::Counter* changes_finished_;
  prometheus::Counter* failures_;
};

}  // namespace tessera::program
