#include "services/program/redis_metrics.h"

#include "scripts.h"

namespace tessera::program {
namespace {

// From a script on the same machine to a stalled Redis.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10};

std::vector<prometheus::Counter*> ByKind(prometheus::Registry& registry, const char* name, const char* help,
                                         size_t kinds) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  std::vector<prometheus::Counter*> children;
  for (size_t kind = 0; kind < kinds; ++kind) {
    children.push_back(
        &family.Add({{"kind", std::string(redis::Name(static_cast<redis::ErrorKind>(kind)))}}));
  }
  return children;
}

}  // namespace

RedisMetrics::RedisMetrics(prometheus::Registry& registry)
    : failures_(ByKind(registry, "redis_command_failures_total", "Commands that failed for good.", kKinds)),
      retries_(ByKind(registry, "redis_retries_total", "Commands sent again.", kKinds)) {
  auto& seconds = prometheus::BuildHistogram()
                      .Name("redis_command_seconds")
                      .Help("From a command's start to its answer, repetitions included.")
                      .Register(registry);
  auto& info = prometheus::BuildGauge()
                   .Name("redis_script_info")
                   .Help("1; the labels say which scripts this process runs.")
                   .Register(registry);
  for (const redis::Script* script : storage::redis_scripts::kAll) {
    seconds_[script] = &seconds.Add({{"command", std::string(script->name)}}, kSeconds);
    info.Add({{"script", std::string(script->name)}, {"sha1", std::string(script->sha1)}}).Set(1);
  }
  plain_seconds_ = &seconds.Add({{"command", "plain"}}, kSeconds);
  connections_ = &prometheus::BuildGauge()
                      .Name("redis_connections")
                      .Help("Connections that can be used.")
                      .Register(registry)
                      .Add({});
  disconnects_ = &prometheus::BuildCounter()
                      .Name("redis_disconnects_total")
                      .Help("Connections lost, and attempts to connect that failed.")
                      .Register(registry)
                      .Add({});
}

void RedisMetrics::OnCommand(const redis::Command& command, std::chrono::nanoseconds latency,
                             const redis::Error* error) {
  const auto script = seconds_.find(command.script());
  prometheus::Histogram* seconds = script == seconds_.end() ? plain_seconds_ : script->second;
  seconds->Observe(std::chrono::duration<double>(latency).count());
  if (error != nullptr) failures_[static_cast<size_t>(error->kind)]->Increment();
}

void RedisMetrics::OnRetry(const redis::Command&, const redis::Error& error) {
  retries_[static_cast<size_t>(error.kind)]->Increment();
}

void RedisMetrics::OnConnected(const redis::Endpoint& endpoint) {
  ++connected_[endpoint.ToString()];
  connections_->Increment();
}

void RedisMetrics::OnDisconnected(const redis::Endpoint& endpoint, const redis::Error&) {
  disconnects_->Increment();
  // An attempt that failed never counted as a connection.
  int& open = connected_[endpoint.ToString()];
  if (open == 0) return;
  --open;
  connections_->Decrement();
}

}  // namespace tessera::program
