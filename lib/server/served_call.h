#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "async/event_loop.h"
#include "server/access_log.h"
#include "server/call_gate.h"
#include "server/router.h"
#include "server/rpc_metrics.h"

namespace tessera::server {

// What every call of a server shares. Outlives them all.
struct ServedCalls {
  async::EventLoop& loop;
  CallGate& gate;
  RpcMetrics& metrics;
  AccessLog& access_log;
  std::atomic<bool> closing{false};  // no further call is asked for
  std::atomic<int64_t> objects{0};   // calls that exist, waiting ones included
};

// A tag of the completion queue.
class QueueEvent {
 public:
  // On the queue's thread.
  virtual void Proceed(bool ok) = 0;

 protected:
  ~QueueEvent() = default;
};

// The methods of one service, registered as raw: gRPC hands over and takes bytes.
class RawService final : public grpc::Service {
 public:
  RawService() = default;
  // Returns the index by which Request knows the method.
  int Add(const MethodInfo& method);
  void Request(int index, grpc::ServerContext* context, grpc::ByteBuffer* request,
               grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer, grpc::ServerCompletionQueue* queue,
               QueueEvent* tag) {
    RequestAsyncUnary(index, context, request, writer, queue, queue, tag);
  }

 private:
  int methods_ = 0;
};

// A route with its place in gRPC.
struct ServedRoute {
  const Route* route;
  RawService* service;
  int index;
};

// One call, from the wait for it to the last line about it. It belongs to its queue's thread, but for the
// time between the hand-over to the loop and its answer, when it belongs to the loop. It deletes itself.
class ServedCall final : public RoutedCall, public QueueEvent {
 public:
  // Asks gRPC for the next call of the route.
  static void Await(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue);

  void Proceed(bool ok) override;

  const CallContext& context() const override { return *context_; }
  const google::protobuf::Message& request() const override { return *request_; }
  void Answer(const google::protobuf::Message& response) override;
  void Refuse(const core::Error& error) override;

 private:
  using Clock = std::chrono::steady_clock;
  // Enough for the messages of nearly every call, so that parsing allocates nothing but long strings.
  static constexpr size_t kArenaBytes = 1024;

  ServedCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue);
  ~ServedCall();

  void Arrive();
  bool Parse();
  void End();
  std::string RequestId() const;

  ServedCalls& shared_;
  const ServedRoute& served_;
  grpc::ServerCompletionQueue* const queue_;
  bool arrived_ = false;
  bool entered_ = false;  // the gate let it in
  grpc::ServerContext grpc_context_;
  grpc::ByteBuffer bytes_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;

  Clock::time_point arrival_;
  Clock::time_point answered_;
  TraceContext trace_;
  std::optional<CallContext> context_;
  grpc::StatusCode code_ = grpc::StatusCode::OK;
  std::optional<core::Error> refusal_;
  std::optional<google::protobuf::Arena> arena_;
  google::protobuf::Message* request_ = nullptr;
  alignas(8) char arena_block_[kArenaBytes];
};

// A call to a method that is not served: METHOD_UNKNOWN, under one label, whatever its name.
class UnknownCall final : public QueueEvent {
 public:
  static void Await(ServedCalls& shared, grpc::AsyncGenericService* service,
                    grpc::ServerCompletionQueue* queue);
  void Proceed(bool ok) override;

 private:
  UnknownCall(ServedCalls& shared, grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue);
  ~UnknownCall();

  ServedCalls& shared_;
  grpc::AsyncGenericService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  bool arrived_ = false;
  std::chrono::steady_clock::time_point arrival_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
};

}  // namespace tessera::server
