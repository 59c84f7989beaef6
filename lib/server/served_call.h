#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "async/event_loop.h"
#include "server/access_log.h"
#include "server/call_gate.h"
#include "server/raw_service.h"
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

// One call of whatever kind, from the wait for it to the last line about it: what stands before and after
// every handler. It belongs to its queue's thread, but for the time between the hand-over to the loop and its
// end, when it belongs to the loop. It deletes itself.
//
// The derived class asks gRPC for the call, with the object itself as the tag; so it does for the call's end.
class ServedCall : public QueueEvent {
 public:
  // The call's arrival first, its end after that.
  void Proceed(bool ok) final;

 protected:
  ServedCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue);
  virtual ~ServedCall();

  // Makes the object that waits for the next call of the route.
  virtual void AwaitNext() const = 0;
  // The call was let in: hands it over to the loop, or refuses it.
  virtual void Begin() = 0;
  // Tells gRPC that the call ends with this, which is not OK.
  virtual void FinishWith(const grpc::Status& status) = 0;
  // The request's id as far as it is known, for the log.
  virtual std::string RequestId() const = 0;
  // The end was told to gRPC and written down.
  virtual void Discard() { delete this; }

  // Each notes how the call ends; the queue's thread may delete the object as soon as gRPC was told.
  void Answered() { answered_ = Clock::now(); }  // the derived class then tells gRPC
  void RefuseCall(const core::Error& error);
  void Cancel();  // nobody is there to be told

  using Clock = std::chrono::steady_clock;

  ServedCalls& shared() const { return shared_; }
  const ServedRoute& served() const { return served_; }
  const Route& route() const { return *served_.route; }
  grpc::ServerCompletionQueue* queue() const { return queue_; }
  grpc::ServerContext& grpc_context() { return grpc_context_; }
  // REQUIRES: the call was let in.
  const CallContext& call_context() const { return *context_; }

 private:
  void Arrive();
  void Record();

  ServedCalls& shared_;
  const ServedRoute& served_;
  grpc::ServerCompletionQueue* const queue_;
  bool arrived_ = false;
  bool entered_ = false;  // the gate let it in
  grpc::ServerContext grpc_context_;

  Clock::time_point arrival_;
  Clock::time_point answered_;
  TraceContext trace_;
  std::optional<CallContext> context_;
  grpc::StatusCode code_ = grpc::StatusCode::OK;
  std::optional<core::Error> refusal_;
};

// What bytes are refused with that are no message of the method.
core::Error UndecodableRequest();

}  // namespace tessera::server
