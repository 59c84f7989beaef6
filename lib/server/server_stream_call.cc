#include "server/server_stream_call.h"

#include <variant>

namespace tessera::server {

ServerStreamCall::ServerStreamCall(ServedCalls& shared, const ServedRoute& served,
                                   grpc::ServerCompletionQueue* queue)
    : StreamCall(shared, served, queue), writer_(&grpc_context()) {
  served.service->RequestServerStream(served.index, &grpc_context(), &bytes_, &writer_, queue, this);
}

void ServerStreamCall::Begin() {
  if (!request_.Decode(*route().request, bytes_)) return RefuseCall(UndecodableRequest());
  shared().loop.Spawn(std::get<Route::RunServerStream>(route().run)(*this));
}

// The write ends when the windows of stream and connection had room for it, which is the reader's doing.
async::Task<bool> ServerStreamCall::Send(const google::protobuf::Message& message) {
  if (cut() != Cut::kNot) co_return false;
  writer_.Write(Encode(message), BeginMove());
  const bool in_time = co_await MoveEnded();
  if (!in_time) {
    CutOff(Cut::kDeadline);
    co_await AbortMove();
    co_return false;
  }
  if (!moved()) {
    CutOff();
    co_return false;
  }
  shared().metrics.Sent(route().index);
  co_return true;
}

void ServerStreamCall::EndStream() {
  if (EndIfCut()) return;
  Answered();
  writer_.Finish(grpc::Status::OK, static_cast<QueueEvent*>(this));
}

void ServerStreamCall::FinishWith(const grpc::Status& status) {
  writer_.Finish(status, static_cast<QueueEvent*>(this));
}

}  // namespace tessera::server
