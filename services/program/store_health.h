#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <string>

#include "async/event.h"
#include "core/reason.h"
#include "server/health_board.h"
#include "services/program/background_loop.h"
#include "storage/redis/redis_store.h"

namespace tessera::program {

// Tells the health board what the store's guard finds, and as a series why the store is closed:
//   tessera_store_closed{reason}   1 for the reason for which calls are refused, 0 for all others
// Store, board and registry must outlive it.
class StoreHealth final : public BackgroundLoop {
 public:
  // `promise` is the durability in words, such as "fsync".
  StoreHealth(const storage::RedisStore& store, server::HealthBoard& board, prometheus::Registry& registry,
              std::string promise);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

 private:
  void Count(const core::Status& verdict);

  const storage::RedisStore& store_;
  server::HealthComponent* component_;
  const std::string promise_;
  std::map<core::Reason, prometheus::Gauge*> closed_;
  async::Event stopped_;
};

}  // namespace tessera::program
