#pragma once

#include "async/task.h"

namespace tessera::program {

// Work that a service does by itself beside its calls. Loop thread only.
class BackgroundLoop {
 public:
  virtual ~BackgroundLoop() = default;

  // Works until Stop; ends soon after it, once the store is closed.
  virtual async::Task<void> Run() = 0;
  virtual void Stop() = 0;
};

}  // namespace tessera::program
