#include "server/rpc_metrics.h"

#include <map>
#include <string>

namespace tessera::server {
namespace {

constexpr std::array<const char*, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

// From 50 us to 5 s. The usual buckets begin at 5 ms, where nearly all of these calls have ended.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.00005, 0.0001, 0.00015, 0.0002, 0.0003, 0.0005, 0.0007, 0.001, 0.0015, 0.002, 0.003, 0.005,
    0.007,   0.01,   0.015,   0.02,   0.03,   0.05,   0.1,    0.2,   0.5,    1,     2,     5};

const char* TypeLabel(MethodKind kind) {
  switch (kind) {
    case MethodKind::kUnary:
      return "unary";
    case MethodKind::kServerStream:
      return "server_stream";
    case MethodKind::kClientStream:
      return "client_stream";
  }
  return "unary";
}

}  // namespace

const char* RpcMetrics::CodeName(int code) { return kCodeNames[static_cast<size_t>(code)]; }

RpcMetrics::RpcMetrics(prometheus::Registry& registry, const std::vector<const MethodInfo*>& methods) {
  auto& started = prometheus::BuildCounter()
                      .Name("grpc_server_started_total")
                      .Help("Calls that arrived.")
                      .Register(registry);
  auto& handled = prometheus::BuildCounter()
                      .Name("grpc_server_handled_total")
                      .Help("Calls that were answered, by the gRPC code of the answer.")
                      .Register(registry);
  auto& seconds = prometheus::BuildHistogram()
                      .Name("grpc_server_handling_seconds")
                      .Help("From the arrival of a call to its answer.")
                      .Register(registry);
  auto& sent = prometheus::BuildCounter()
                   .Name("grpc_server_msg_sent_total")
                   .Help("Messages of server streams that gRPC took.")
                   .Register(registry);
  auto& received = prometheus::BuildCounter()
                       .Name("grpc_server_msg_received_total")
                       .Help("Messages of client streams that were decoded.")
                       .Register(registry);
  in_flight_ = &prometheus::BuildGauge()
                    .Name("grpc_server_in_flight")
                    .Help("Calls that arrived and are not yet answered.")
                    .Register(registry)
                    .Add({});
  const auto add = [&](MethodKind kind, const std::string& service, const std::string& method) {
    std::map<std::string, std::string> labels = {
        {"grpc_type", TypeLabel(kind)}, {"grpc_service", service}, {"grpc_method", method}};
    Series series{};
    series.started = &started.Add(labels);
    series.seconds = &seconds.Add(labels, kSeconds);
    if (kind == MethodKind::kServerStream) series.sent = &sent.Add(labels);
    if (kind == MethodKind::kClientStream) series.received = &received.Add(labels);
    for (size_t code = 0; code < kCodes; ++code) {
      labels["grpc_code"] = kCodeNames[code];
      series.handled[code] = &handled.Add(labels);
    }
    methods_.push_back(series);
  };
  for (const MethodInfo* method : methods) add(method->kind, method->service, method->method);
  add(MethodKind::kUnary, "unknown", "unknown");
}

}  // namespace tessera::server
