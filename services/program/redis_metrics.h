#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <vector>

#include "redis/observer.h"

namespace tessera::program {

// What the Redis client does, as series:
//   redis_command_seconds{command}     a script's name, or "plain" for every other command
//   redis_command_failures_total{kind} redis_retries_total{kind} redis_connections redis_disconnects_total
//   redis_script_info{script,sha1}     1
// Loop thread; the registry must outlive it.
class RedisMetrics final : public redis::Observer {
 public:
  explicit RedisMetrics(prometheus::Registry& registry);

  void OnCommand(const redis::Command& command, std::chrono::nanoseconds latency,
                 const redis::Error* error) override;
  void OnRetry(const redis::Command& command, const redis::Error& error) override;
  void OnConnected(const redis::Endpoint& endpoint) override;
  void OnDisconnected(const redis::Endpoint& endpoint, const redis::Error& error) override;

 private:
  static constexpr size_t kKinds = static_cast<size_t>(redis::ErrorKind::kOther) + 1;

  std::map<const redis::Script*, prometheus::Histogram*> seconds_;
  prometheus::Histogram* plain_seconds_;
  std::vector<prometheus::Counter*> failures_;
  std::vector<prometheus::Counter*> retries_;
  prometheus::Gauge* connections_;
  prometheus::Counter* disconnects_;
  std::map<std::string, int> connected_;
};

}  // namespace tessera::program
