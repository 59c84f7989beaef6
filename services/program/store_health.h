#pragma once

#include <string>

#include "async/event.h"
#include "server/health_board.h"
#include "services/program/background_loop.h"
#include "storage/redis/redis_store.h"

namespace tessera::program {

// Tells the health board what the store's guard finds. Store and board must outlive it.
class StoreHealth final : public BackgroundLoop {
 public:
  // `promise` is the durability in words, such as "fsync".
  StoreHealth(const storage::RedisStore& store, server::HealthBoard& board, std::string promise);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

 private:
  const storage::RedisStore& store_;
  server::HealthComponent* component_;
  const std::string promise_;
  async::Event stopped_;
};

}  // namespace tessera::program
