#pragma once

#include <prometheus/registry.h>

#include <string>

#include "async/event_loop.h"
#include "async/task.h"
#include "core/result.h"
#include "server/config.h"
#include "server/health_board.h"
#include "server/log.h"
#include "server/router.h"

namespace tessera::server {

// What a program finds when it is built. Everything here outlives the program's Stop.
struct ServiceHost {
  async::EventLoop& loop;
  Router& router;
  HealthBoard& health;
  prometheus::Registry& registry;
  const Log& log;
  // "issuer", and the version of the program.
  const std::string& name;
  std::string version;
};

// What one service adds to the shared main. Calls come in this order: Bind and Build on the main thread
// (Build before the loop runs), Start and Stop on the loop. It is destroyed after the loop has ended.
class ServiceProgram {
 public:
  virtual ~ServiceProgram() = default;

  // Declares the program's own sections.
  virtual void Bind(ConfigBinder& binder) = 0;

  // Makes everything and registers the handlers, the health components and the metrics. An error ends the
  // start with its message.
  virtual core::Status Build(ServiceHost& host) = 0;

  // Begins connecting and sweeping; need not wait for success, health tells. Runs before the port opens.
  virtual async::Task<void> Start() = 0;

  // Ends what Start began. No call is in flight any more.
  virtual async::Task<void> Stop() = 0;
};

// The main of a service called `name` ("issuer"): reads the command line (--config, --check-config,
// --insecure-dev,
// --ports-file, --version) and the configuration, serves until SIGTERM or SIGINT, drains, and returns the
// exit status: 0 after a clean end, 1 when the start or the drain failed, 2 when the command line or the
// configuration is wrong. A second signal shortens the drain to what is in the kernel's hands already.
int RunService(int argc, char** argv, const std::string& name, ServiceProgram& program);

}  // namespace tessera::server
