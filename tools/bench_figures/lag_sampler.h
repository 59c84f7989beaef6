#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "core/ids.h"
#include "storage/redis/keys.h"

namespace tessera::bench {

// Looks at Redis itself, all the time, for the oldest ledger event that is not in the aggregates yet, and
// notes its age. So the figure does not rest on what analytics says of itself. Start and Stop from one
// thread.
class LagSampler {
 public:
  LagSampler(std::string redis_address, const std::string& name, const core::Shape& shape);
  ~LagSampler();

  void Start();
  // Ends the looking; the ages, in seconds and in order of size, one for each look.
  std::vector<double> Stop();

 private:
  void Work();

  const std::string address_;
  const storage::Keys keys_;
  std::atomic<bool> stop_{false};
  std::vector<double> ages_;
  std::thread thread_;
};

}  // namespace tessera::bench
