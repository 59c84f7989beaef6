#include "server/grpc_server.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <thread>
#include <utility>
#include <vector>

#include "server/access_log.h"
#include "server/call_gate.h"
#include "server/client_stream_call.h"
#include "server/config.h"
#include "server/health_service.h"
#include "server/port_sockets.h"
#include "server/rpc_metrics.h"
#include "server/server_stream_call.h"
#include "server/unary_call.h"
#include "server/unknown_call.h"

namespace tessera::server {
namespace {

// Calls of one method that gRPC may hand over before the queue's thread has looked; more wait inside gRPC.
constexpr int kAwaitedPerMethod = 32;
constexpr int kAwaitedUnknown = 4;

// How long the connections may take to close after the last answer.
constexpr std::chrono::milliseconds kCloseTime{250};
constexpr std::chrono::milliseconds kDrainStep{5};

// How long refusals may take to get on their way before the connections end.
constexpr std::chrono::milliseconds kFlushTime{30};

std::vector<const MethodInfo*> Methods(const Router& router) {
  std::vector<const MethodInfo*> methods;
  for (const auto& route : router.routes()) methods.push_back(&route->info);
  return methods;
}

void PrepareProcess() {
  static const bool once = [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    // Distributions build Abseil with its search for deadlocks on, which costs a call a twentieth of its
    // time.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    return true;
  }();
  (void)once;
}

void Await(ServedCalls& calls, const ServedRoute& served, grpc::ServerCompletionQueue* queue) {
  switch (served.route->info.kind) {
    case MethodKind::kUnary:
      return UnaryCall::Await(calls, served, queue);
    case MethodKind::kServerStream:
      return ServerStreamCall::Await(calls, served, queue);
    case MethodKind::kClientStream:
      return ClientStreamCall::Await(calls, served, queue);
  }
}

}  // namespace

void Bind(ConfigSection section, GrpcConfig& config) {
  section.Field("listen", &config.listen, "Address and port of the RPCs; port 0 takes a free one.");
  section.Field("threads", &config.threads, {1, 64},
                "Threads that read requests; one serves more than one loop can use.");
  section.Field("in_flight_max", &config.in_flight_max, {1, 1'000'000},
                "Calls that are not yet answered; one more is refused with OVERLOADED.");
  section.Field("deadline_default_ms", &config.deadline_default, {1, 600'000},
                "Milliseconds for a call whose caller sent no deadline.");
  section.Field("deadline_max_ms", &config.deadline_max, {1, 600'000},
                "Milliseconds beyond which no call is worked on, whatever deadline its caller sent.");
  // Long enough for millions of codes and a reader who is slow; no drain waits as long, see drain.limit_ms.
  section.Field("stream_deadline_max_ms", &config.stream_deadline_max, {1, 3'600'000},
                "The same for streams: milliseconds from a stream's first message to its last.");
  section.Field("message_bytes_max", &config.message_bytes_max, {1024, 64 << 20},
                "Bytes of the largest request; a larger one is refused with RESOURCE_EXHAUSTED.");
  section.Field("streams_per_connection_max", &config.streams_per_connection_max, {1, 1'000'000},
                "Calls that one connection may have open at a time.");
  section.Field("keepalive_time_ms", &config.keepalive_time, {1000, 7'200'000},
                "Milliseconds of silence after which a connection is pinged.");
  section.Field("keepalive_timeout_ms", &config.keepalive_timeout, {100, 600'000},
                "Milliseconds without an answer to that ping after which the connection is closed.");
  section.Field("ping_interval_min_ms", &config.ping_interval_min, {0, 7'200'000},
                "Milliseconds between two pings of a client; one that pings more often is disconnected.");
  section.Field(
      "connection_age_max_ms", &config.connection_age_max, {100, 86'400'000},
      "Milliseconds, give or take a tenth, after which a client is told to connect anew, so that it "
      "finds replicas that came later; calls under way end first.");
}

class GrpcServer::Transport {
 public:
  Transport(GrpcConfig config, const LogConfig& log_config, Parts parts)
      : config_(std::move(config)),
        parts_(parts),
        gate_({config_.in_flight_max, config_.deadline_default, config_.deadline_max,
               config_.stream_deadline_max},
              parts.authenticator),
        metrics_(parts.registry, Methods(parts.router)),
        access_log_(log_config, parts.log),
        calls_{parts.loop, gate_, metrics_, access_log_},
        health_(parts.router.services(), calls_) {}

  core::Status Start() {
    PrepareProcess();
    grpc::ServerBuilder builder;
    // Without this, two processes could share one port and each take half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(config_.message_bytes_max);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, config_.streams_per_connection_max);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(config_.keepalive_time.count()));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                               static_cast<int>(config_.keepalive_timeout.count()));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               static_cast<int>(config_.ping_interval_min.count()));
    // Without a grace period, a connection that is told to go ends with its last call.
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               static_cast<int>(config_.connection_age_max.count()));
    // No channelz service reads these counts.
    builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
    // Reflection is the only service with threads of its own; it needs few.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    int port = 0;
    builder.AddListeningPort(config_.listen, grpc::InsecureServerCredentials(), &port);
    AddRoutes(builder);
    for (int i = 0; i < config_.threads; ++i) queues_.push_back(builder.AddCompletionQueue());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      for (const auto& queue : queues_) Discard(queue.get());
      server_.reset();
      return core::Error(core::Reason::kInvalidField, "grpc.listen: cannot listen on " + config_.listen);
    }
    port_ = static_cast<uint16_t>(port);
    address_ = config_.listen.substr(0, config_.listen.rfind(':') + 1) + std::to_string(port);
    health_.Follow(parts_.health);
    for (const auto& queue : queues_) {
      health_.Await(queue.get());
      for (const ServedRoute& served : served_) {
        for (int i = 0; i < kAwaitedPerMethod; ++i) Await(calls_, served, queue.get());
      }
      for (int i = 0; i < kAwaitedUnknown; ++i) UnknownCall::Await(calls_, &unknown_, queue.get());
      threads_.emplace_back([queue = queue.get()] { Poll(queue); });
    }
    return core::Ok();
  }

  void RefuseNewCalls() { gate_.Close(); }

  bool Drain(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& hurry) {
    gate_.Close();
    // Also ends the board's calls to the health service, for good.
    parts_.health.StartDrain();
    if (server_ == nullptr) return true;
    const auto wait_for = [&](const auto& done, auto until) {
      while (!done() && std::chrono::steady_clock::now() < until && !(hurry && hurry())) {
        std::this_thread::sleep_for(kDrainStep);
      }
      return done();
    };
    wait_for([this] { return gate_.in_flight() == 0; }, deadline);
    std::this_thread::sleep_for(kFlushTime);
    // Once gRPC shuts down, it cancels calls that arrive, and who is told CANCELLED does not try elsewhere.
    // So by then nobody may be connected: a call that meets the end of its connection is UNAVAILABLE.
    IgnoreNewConnections(port_);
    wait_for([this] { return EndConnections(port_) == 0; }, std::chrono::steady_clock::now() + kCloseTime);
    server_->Shutdown(std::chrono::system_clock::now() + kCloseTime);
    calls_.closing.store(true, std::memory_order_release);
    // Every call that was awaited comes back as not ok, every answer as sent; only then nobody asks for
    // further calls.
    if (!wait_for([this] { return calls_.objects.load(std::memory_order_acquire) == 0; },
                  std::chrono::steady_clock::now() + kCloseTime)) {
      return false;
    }
    for (const auto& queue : queues_) queue->Shutdown();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return true;
  }

  const std::string& address() const { return address_; }
  int64_t in_flight() const { return gate_.in_flight(); }

 private:
  void AddRoutes(grpc::ServerBuilder& builder) {
    for (const std::string& name : parts_.router.services()) {
      services_.push_back(std::make_unique<RawService>());
      for (const auto& route : parts_.router.routes()) {
        if (route->info.service != name) continue;
        served_.push_back({route.get(), services_.back().get(), services_.back()->Add(route->info)});
      }
      builder.RegisterService(services_.back().get());
    }
    builder.RegisterService(&health_);
    builder.RegisterAsyncGenericService(&unknown_);
  }

  static void Poll(grpc::ServerCompletionQueue* queue) {
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) static_cast<QueueEvent*>(tag)->Proceed(ok);
  }

  // A queue that was never used must be shut down and emptied before it goes.
  static void Discard(grpc::ServerCompletionQueue* queue) {
    queue->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) {
    }
  }

  const GrpcConfig config_;
  const Parts parts_;
  CallGate gate_;
  RpcMetrics metrics_;
  AccessLog access_log_;
  ServedCalls calls_;
  HealthService health_;
  std::vector<std::unique_ptr<RawService>> services_;
  std::vector<ServedRoute> served_;
  grpc::AsyncGenericService unknown_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::unique_ptr<grpc::Server> server_;  // goes before what it serves
  std::vector<std::thread> threads_;
  std::string address_;
  uint16_t port_ = 0;
};

GrpcServer::GrpcServer(GrpcConfig config, const LogConfig& log_config, Parts parts)
    : transport_(std::make_unique<Transport>(std::move(config), log_config, parts)) {}
GrpcServer::~GrpcServer() = default;
core::Status GrpcServer::Start() { return transport_->Start(); }
const std::string& GrpcServer::address() const { return transport_->address(); }
void GrpcServer::RefuseNewCalls() { transport_->RefuseNewCalls(); }
bool GrpcServer::Drain(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& hurry) {
  return transport_->Drain(deadline, hurry);
}
int64_t GrpcServer::in_flight() const { return transport_->in_flight(); }

}  // namespace tessera::server
