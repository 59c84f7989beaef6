// ProbeServer is a GrpcServer with the test service, on a loop thread of its own and a free port of the
// loopback; its log is kept. For the test's thread.
#pragma once

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "async/event_loop.h"
#include "probe.grpc.pb.h"
#include "server/grpc_server.h"
#include "server/health_board.h"
#include "server/identity.h"
#include "server/log.h"
#include "server/router.h"
#include "tests/integration/server/probe_service.h"

namespace tessera::testing {

class ProbeServer {
 public:
  struct Options {
    server::GrpcConfig grpc;
    server::LogConfig log;
    // A tokens file; "" for nobody being asked.
    std::string tokens;
  };
  static Options Defaults();

  explicit ProbeServer(Options options = Defaults());
  ~ProbeServer();

  // A new connection each time.
  std::shared_ptr<grpc::Channel> Channel() const;
  std::unique_ptr<probe::v1::ProbeService::Stub> Stub() const {
    return probe::v1::ProbeService::NewStub(Channel());
  }

  std::string Log() const;
  std::string Metrics() const;

  async::EventLoop loop;
  prometheus::Registry registry;
  server::HealthBoard health;
  server::HealthComponent* dependency = health.Add("dependency");
  ProbeHandlers handlers;
  std::unique_ptr<server::GrpcServer> grpc;

 private:
  std::ostringstream log_text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_;
  std::unique_ptr<server::Log> log_;
  std::unique_ptr<server::Authenticator> authenticator_;
  server::Router router_;
  std::thread loop_thread_;
};

// ErrorInfo.reason in the details of a refusal, "" when there is none.
std::string ReasonOf(const grpc::Status& status);
// Whether the details hold a google.rpc.RetryInfo.
bool HasRetryInfo(const grpc::Status& status);

// A context with a deadline of ten seconds and, unless it is "", a bearer token.
std::unique_ptr<grpc::ClientContext> Context(const std::string& token = "");

// Sends `bytes` as they are to "/service/method"; `answer` takes the bytes that come back.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                     const std::string& bytes, const std::string& token = "", std::string* answer = nullptr);

}  // namespace tessera::testing
