#pragma once

#include <memory>
#include <vector>

#include "async/event.h"
#include "server/service_main.h"
#include "services/program/background_loop.h"
#include "services/program/handler_tools.h"
#include "services/program/redis_metrics.h"
#include "services/program/status_handlers.h"
#include "services/program/store_settings.h"
#include "storage/redis/redis_store.h"

namespace tessera::program {

// A service over the store: it reads the keys, opens the store, watches its health and runs background loops.
// What is left to a service is its handlers. Threads as ServiceProgram says.
class StoreProgram : public server::ServiceProgram {
 public:
  void Bind(server::ConfigBinder& binder) final;
  core::Status Build(server::ServiceHost& host) final;
  async::Task<void> Start() final;
  async::Task<void> Stop() final;

 protected:
  // Declares the service's own sections.
  virtual void BindOwn(server::ConfigBinder& binder) = 0;
  // Registers the service's handlers and adds its loops.
  virtual void BuildOwn(server::ServiceHost& host) = 0;

  // REQUIRES for all: during or after BuildOwn.
  storage::RedisStore& store() { return *store_; }
  const HandlerTools& tools() const { return *tools_; }
  uint32_t partitions() const { return settings_.storage.shape.partitions; }
  void AddLoop(std::unique_ptr<BackgroundLoop> loop) { loops_.push_back(std::move(loop)); }

 private:
  async::Task<void> RunLoop(BackgroundLoop& loop);

  StoreSettings settings_;
  async::EventLoop* loop_ = nullptr;
  const server::Log* log_ = nullptr;
  std::unique_ptr<HandlerTools> tools_;
  std::unique_ptr<RedisMetrics> metrics_;
  std::unique_ptr<storage::RedisStore> store_;
  std::unique_ptr<StatusHandlers> status_;
  std::vector<std::unique_ptr<BackgroundLoop>> loops_;
  size_t loops_running_ = 0;
  async::Event loops_ended_;
};

}  // namespace tessera::program
