#pragma once

#include "server/message_bytes.h"
#include "server/served_call.h"

namespace tessera::server {

// A call with one request and one answer. Nearly all calls are of this kind, so it meets its queue twice, at
// its arrival and at its end, and crosses to the loop once.
class UnaryCall final : public ServedCall, public RoutedUnary {
 public:
  // Asks gRPC for the next call of the route. REQUIRES: the route is a unary one.
  static void Await(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue) {
    new UnaryCall(shared, served, queue);
  }

  const CallContext& context() const override { return call_context(); }
  const google::protobuf::Message& request() const override { return request_.message(); }
  void Answer(const google::protobuf::Message& response) override;
  void Refuse(const core::Error& error) override { RefuseCall(error); }

 private:
  UnaryCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue);

  void AwaitNext() const override { Await(shared(), served(), queue()); }
  void Begin() override;
  void FinishWith(const grpc::Status& status) override;
  std::string RequestId() const override { return request_.RequestId(); }

  grpc::ByteBuffer bytes_;
  RawService::UnaryWriter writer_;
  ReceivedRequest request_;
};

}  // namespace tessera::server
