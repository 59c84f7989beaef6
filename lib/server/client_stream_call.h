#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/stream_call.h"

namespace tessera::server {

// A call with a stream of requests and one answer.
class ClientStreamCall final : public StreamCall, public RoutedClientStream {
 public:
  // Asks gRPC for the next call of the route. REQUIRES: the route is one of a client stream.
  static void Await(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue) {
    new ClientStreamCall(shared, served, queue);
  }

  const CallContext& context() const override { return call_context(); }
  async::Task<core::Result<const google::protobuf::Message*>> Next() override;
  void Answer(const google::protobuf::Message& response) override;
  void Refuse(const core::Error& error) override { RefuseStream(error); }

 private:
  ClientStreamCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue);

  void AwaitNext() const override { Await(shared(), served(), queue()); }
  void Begin() override;
  void FinishWith(const grpc::Status& status) override;
  std::string RequestId() const override { return request_id_; }

  async::Task<bool> IsComplete();

  grpc::ByteBuffer bytes_;
  RawService::StreamReader reader_;
  // The rest is the loop's. One message takes them all, so that its memory is used again.
  std::unique_ptr<google::protobuf::Message> message_;
  std::string request_id_;  // the first message's
  bool complete_ = false;   // the caller has sent all
  bool undecodable_ = false;
};

}  // namespace tessera::server
