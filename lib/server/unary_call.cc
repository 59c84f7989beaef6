#include "server/unary_call.h"

#include <variant>

namespace tessera::server {

UnaryCall::UnaryCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue)
    : ServedCall(shared, served, queue), writer_(&grpc_context()) {
  served.service->RequestUnary(served.index, &grpc_context(), &bytes_, &writer_, queue, this);
}

void UnaryCall::Begin() {
  if (!request_.Decode(*route().request, bytes_)) return RefuseCall(UndecodableRequest());
  shared().loop.Spawn(std::get<Route::RunUnary>(route().run)(*this));
}

void UnaryCall::Answer(const google::protobuf::Message& response) {
  const grpc::ByteBuffer bytes = Encode(response);
  Answered();
  // The queue's thread may delete this object before Finish has returned.
  writer_.Finish(bytes, grpc::Status::OK, static_cast<QueueEvent*>(this));
}

void UnaryCall::FinishWith(const grpc::Status& status) {
  writer_.FinishWithError(status, static_cast<QueueEvent*>(this));
}

}  // namespace tessera::server
