#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "async/event_loop.h"
#include "core/result.h"
#include "server/health_board.h"
#include "server/identity.h"
#include "server/log.h"
#include "server/router.h"

namespace tessera::server {

class ConfigSection;

struct GrpcConfig {
  std::string listen = "0.0.0.0:50051";
  int threads = 1;
  int in_flight_max = 2048;
  std::chrono::milliseconds deadline_default{2000};
  std::chrono::milliseconds deadline_max{30'000};
  std::chrono::milliseconds stream_deadline_max{600'000};
  int message_bytes_max = 4 << 20;
  int streams_per_connection_max = 1024;
  std::chrono::milliseconds keepalive_time{60'000};
  std::chrono::milliseconds keepalive_timeout{20'000};
  std::chrono::milliseconds ping_interval_min{10'000};
  std::chrono::milliseconds connection_age_max{300'000};
};
void Bind(ConfigSection section, GrpcConfig& config);

// Serves the routes of a router over gRPC, with grpc.health.v1 and reflection beside them. Bytes are read,
// callers are checked and requests are parsed on gRPC's threads (completion queues, one thread each);
// handlers run on the loop and answer from there. What stands before every handler stands here and nowhere
// else:
//   draining -> DRAINING; too many in flight -> OVERLOADED; unknown caller -> CALLER_UNKNOWN; missing role ->
//   ROLE_MISSING; deadline already over -> DEADLINE_PASSED; bytes that do not decode -> UNDECODABLE_REQUEST;
//   a method that is not served -> METHOD_UNKNOWN. A message over the limit ends with RESOURCE_EXHAUSTED
//   inside gRPC.
// All of it holds for streams as for calls; a stream counts as one call in flight from its first byte to its
// last.
// Start, RefuseNewCalls, Drain and the destructor are for one thread, which is not the loop's.
class GrpcServer {
 public:
  // All of it must outlive the server; the loop must run from Start until Drain has returned.
  struct Parts {
    async::EventLoop& loop;
    const Router& router;
    const Authenticator& authenticator;
    HealthBoard& health;
    prometheus::Registry& registry;
    const Log& log;
  };

  GrpcServer(GrpcConfig config, const LogConfig& log_config, Parts parts);
  // REQUIRES: Drain was called and answered true, or Start failed or was not called.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Opens the port. REQUIRES: the router's Check was OK. An error names the address.
  core::Status Start();

  // "127.0.0.1:50051", with the port that was really taken.
  const std::string& address() const;

  // From now on new calls end with UNAVAILABLE / DRAINING.
  void RefuseNewCalls();

  // Takes the health down, refuses new calls, waits until all calls that are in flight have been answered,
  // and closes the port. False when some were not answered by `deadline`: their connections are closed, their
  // handlers may still run, and the server cannot be destroyed. Streams that are still under way at
  // `deadline` end with their connections too, and hold nothing up whose handlers then end. A call of `hurry`
  // that answers true shortens the wait.
  bool Drain(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& hurry = nullptr);

  int64_t in_flight() const;

 private:
  class Transport;
  std::unique_ptr<Transport> transport_;
};

}  // namespace tessera::server
