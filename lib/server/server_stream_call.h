#pragma once

#include "server/message_bytes.h"
#include "server/stream_call.h"

namespace tessera::server {

// A call with one request and a stream of answers.
class ServerStreamCall final : public StreamCall, public RoutedServerStream {
 public:
  // Asks gRPC for the next call of the route. REQUIRES: the route is one of a server stream.
  static void Await(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue) {
    new ServerStreamCall(shared, served, queue);
  }

  const CallContext& context() const override { return call_context(); }
  const google::protobuf::Message& request() const override { return request_.message(); }
  async::Task<bool> Send(const google::protobuf::Message& message) override;
  void EndStream() override;
  void Refuse(const core::Error& error) override { RefuseStream(error); }

 private:
  ServerStreamCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue);

  void AwaitNext() const override { Await(shared(), served(), queue()); }
  void Begin() override;
  void FinishWith(const grpc::Status& status) override;
  std::string RequestId() const override { return request_.RequestId(); }

  grpc::ByteBuffer bytes_;
  RawService::StreamWriter writer_;
  ReceivedRequest request_;
};

}  // namespace tessera::server
