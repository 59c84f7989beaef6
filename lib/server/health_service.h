#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "server/health_board.h"
#include "server/served_call.h"

namespace tessera::server {

// grpc.health.v1.Health on the server's own completion queues: for the whole ("") and for each service, which
// all stand and fall with the board. gRPC brings a health service of its own, but that one runs on the
// callback API, whose polling threads then compete for every call of the process.
//
// Protocol: https://github.com/grpc/grpc/blob/master/doc/health-checking.md. Any thread. The board and the
// calls must outlive it; it must outlive its queues, and board.StartDrain must have been called before it
// goes.
class HealthService final : public grpc::Service {
 public:
  // grpc.health.v1.HealthCheckResponse.ServingStatus
  enum class Status : char { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

  HealthService(const std::vector<std::string>& services, ServedCalls& calls);

  // Follows the board from now on.
  void Follow(HealthBoard& board);

  // Asks gRPC for calls on this queue.
  void Await(grpc::ServerCompletionQueue* queue);

 private:
  class Check;
  class Watch;

  // The status of `service`. REQUIRES: mutex_ is held.
  Status StatusLocked(const std::string& service) const;
  Status StatusOf(const std::string& service) const;
  void Changed(bool serving);

  ServedCalls& calls_;
  std::unordered_set<std::string> services_;
  mutable std::mutex mutex_;
  bool serving_ = false;                // guarded by mutex_
  std::unordered_set<Watch*> watches_;  // guarded by mutex_, and so is what they hold
};

}  // namespace tessera::server
