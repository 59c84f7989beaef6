#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/call_context.h"
#include "server/log.h"

namespace tessera::server {

// What became of a call, for its line in the log.
struct AccessEntry {
  std::string_view method;
  std::string_view caller;      // "" when it is not known
  std::string_view code;        // "OK", "NotFound", ...
  std::string_view reason;      // "" when it succeeded
  std::string_view cause;       // what is behind a failure; never sent to the caller
  std::string_view request_id;  // "" when there is none
  std::chrono::nanoseconds took{};
  bool failure = false;  // the service's fault rather than the caller's
  const TraceContext* trace = nullptr;
  const CallContext::LogFields* notes = nullptr;
};

// One line for a call: failures at warning, refusals at info and at most so many a second, successes at the
// configured level and sampled. Any thread. The log must outlive it.
class AccessLog {
 public:
  AccessLog(const LogConfig& config, const Log& log) : config_(config), log_(log) {}

  // Whether a call that ends so is to be written; asked before the entry is made, as most calls are not
  // written.
  bool Wants(bool ok, bool failure);

  void Write(const AccessEntry& entry) const;

  // Refusals that were counted instead of written since the last call.
  uint64_t TakeSuppressed() { return suppressed_.exchange(0, std::memory_order_relaxed); }

 private:
  const LogConfig config_;
  const Log& log_;
  std::atomic<uint64_t> successes_{0};
  std::atomic<int64_t> second_{0};
  std::atomic<int> refusals_in_second_{0};
  std::atomic<uint64_t> suppressed_{0};
};

}  // namespace tessera::server
