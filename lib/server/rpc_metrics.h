#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <vector>

#include "server/call_context.h"

namespace tessera::server {

// The RPC series that every gRPC dashboard knows, for the methods of one process:
//   grpc_server_started_total{grpc_type,grpc_service,grpc_method}
//   grpc_server_handled_total{grpc_type,grpc_service,grpc_method,grpc_code}
//   grpc_server_handling_seconds{grpc_type,grpc_service,grpc_method}
//   grpc_server_msg_sent_total{grpc_type,grpc_service,grpc_method}      server streams only
//   grpc_server_msg_received_total{grpc_type,grpc_service,grpc_method}  client streams only
//   grpc_server_in_flight
// grpc_type is unary, server_stream or client_stream. A call that has one message needs no count of messages.
// All children are made here. Any thread. The registry must outlive it.
class RpcMetrics {
 public:
  // `methods` in the order of the routes' indexes; one more, unknown/unknown, is added for calls to methods
  // that are not served.
  RpcMetrics(prometheus::Registry& registry, const std::vector<const MethodInfo*>& methods);

  // "OK", "Canceled", ...: the label that grpc_code has everywhere. REQUIRES: 0 <= code <= 16.
  static const char* CodeName(int code);

  int unknown_method() const { return static_cast<int>(methods_.size()) - 1; }

  void Started(int method) {
    methods_[static_cast<size_t>(method)].started->Increment();
    in_flight_->Increment();
  }
  // REQUIRES: 0 <= code <= 16, the codes of gRPC.
  void Handled(int method, int code, std::chrono::nanoseconds took) {
    const Series& series = methods_[static_cast<size_t>(method)];
    series.handled[static_cast<size_t>(code)]->Increment();
    series.seconds->Observe(std::chrono::duration<double>(took).count());
    in_flight_->Decrement();
  }
  // A message of a stream. REQUIRES: `method` is a server stream, or a client stream.
  void Sent(int method) { methods_[static_cast<size_t>(method)].sent->Increment(); }
  void Received(int method) { methods_[static_cast<size_t>(method)].received->Increment(); }

 private:
  static constexpr size_t kCodes = 17;
  struct Series {
    prometheus::Counter* started;
    std::array<prometheus::Counter*, kCodes> handled;
    prometheus::Histogram* seconds;
    prometheus::Counter* sent;      // null unless it is a server stream
    prometheus::Counter* received;  // null unless it is a client stream
  };

  std::vector<Series> methods_;
  prometheus::Gauge* in_flight_;
};

}  // namespace tessera::server
