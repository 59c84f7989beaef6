#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "async/event.h"
#include "server/config.h"
#include "services/program/background_loop.h"
#include "storage/ledger_store.h"

namespace tessera::analytics {

struct FollowConfig {
  std::chrono::milliseconds interval{100};
  int entries_max = 500;
};
void Bind(server::ConfigSection section, FollowConfig& config);

// Adds the ledger's events to the aggregates, partition by partition, as they come. Several may run at once:
// each event counts once. The store must outlive it.
class LedgerFollower final : public program::BackgroundLoop {
 public:
  LedgerFollower(storage::LedgerStore& store, uint32_t partitions, const FollowConfig& config,
                 prometheus::Registry& registry);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

  // The age of the oldest event that is not added yet, as far as is known; grows while the store does not
  // answer.
  int64_t lag_ms() const;

 private:
  struct Partition {
    int64_t lag_ms = 0;
    async::Deadline seen_at{};  // when lag_ms was true
    bool failing = false;
  };
  async::Task<void> Catch(uint32_t partition);

  storage::LedgerStore& store_;
  const FollowConfig& config_;
  async::Event stopped_;
  std::vector<Partition> partitions_;
  prometheus::Gauge* lag_seconds_;
  prometheus::Counter* events_;
  prometheus::Counter* failures_;
};

}  // namespace tessera::analytics
