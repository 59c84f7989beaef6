#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include "server/route.h"

namespace tessera::server {

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
  using UnaryWriter = grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>;
  using StreamWriter = grpc::ServerAsyncWriter<grpc::ByteBuffer>;
  using StreamReader = grpc::ServerAsyncReader<grpc::ByteBuffer, grpc::ByteBuffer>;

  RawService() = default;
  // Returns the index by which the requests below know the method.
  int Add(const MethodInfo& method);

  // Each asks gRPC for the next call of a method of that kind.
  void RequestUnary(int index, grpc::ServerContext* context, grpc::ByteBuffer* request, UnaryWriter* writer,
                    grpc::ServerCompletionQueue* queue, QueueEvent* tag) {
    RequestAsyncUnary(index, context, request, writer, queue, queue, tag);
  }
  void RequestServerStream(int index, grpc::ServerContext* context, grpc::ByteBuffer* request,
                           StreamWriter* writer, grpc::ServerCompletionQueue* queue, QueueEvent* tag) {
    RequestAsyncServerStreaming(index, context, request, writer, queue, queue, tag);
  }
  void RequestClientStream(int index, grpc::ServerContext* context, StreamReader* reader,
                           grpc::ServerCompletionQueue* queue, QueueEvent* tag) {
    RequestAsyncClientStreaming(index, context, reader, queue, queue, tag);
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

}  // namespace tessera::server
