#include "server/client_stream_call.h"

#include <variant>

#include "server/message_bytes.h"

namespace tessera::server {

using google::protobuf::Message;

ClientStreamCall::ClientStreamCall(ServedCalls& shared, const ServedRoute& served,
                                   grpc::ServerCompletionQueue* queue)
    : StreamCall(shared, served, queue), reader_(&grpc_context()) {
  served.service->RequestClientStream(served.index, &grpc_context(), &reader_, queue, this);
}

void ClientStreamCall::Begin() { shared().loop.Spawn(std::get<Route::RunClientStream>(route().run)(*this)); }

async::Task<core::Result<const Message*>> ClientStreamCall::Next() {
  if (undecodable_) co_return UndecodableRequest();
  if (complete_) co_return nullptr;
  if (cut() != Cut::kNot) co_return CutError();
  reader_.Read(&bytes_, BeginMove());
  const bool in_time = co_await MoveEnded();
  if (!in_time) {
    // The read is left to end with the call, so that the refusal can say what it is.
    CutOff(Cut::kDeadline);
    co_return CutError();
  }
  if (!moved()) {
    complete_ = co_await IsComplete();
    if (complete_) co_return nullptr;
    co_return CutError();
  }
  const bool first = message_ == nullptr;
  if (first) message_.reset(route().request->New());
  if (!Decode(bytes_, *message_)) {
    undecodable_ = true;
    co_return UndecodableRequest();
  }
  if (first) request_id_ = RequestIdOf(*message_);
  shared().metrics.Received(route().index);
  co_return message_.get();
}

// A read that brings nothing looks the same whether the caller has sent all or is gone, and half of a stream
// must not be taken for the whole. But who is gone can't be written to either: what ends the one direction
// by force ends both at once. So the answer's headers, which have to go some time, go now.
async::Task<bool> ClientStreamCall::IsComplete() {
  reader_.SendInitialMetadata(BeginMove());
  const bool in_time = co_await MoveEnded();
  if (!in_time) {
    CutOff(Cut::kDeadline);
    co_return false;
  }
  if (!moved()) {
    CutOff();
    co_return false;
  }
  co_return true;
}

void ClientStreamCall::Answer(const Message& response) {
  if (EndIfCut()) return;
  const grpc::ByteBuffer bytes = Encode(response);
  Answered();
  reader_.Finish(bytes, grpc::Status::OK, static_cast<QueueEvent*>(this));
}

void ClientStreamCall::FinishWith(const grpc::Status& status) {
  reader_.FinishWithError(status, static_cast<QueueEvent*>(this));
}

}  // namespace tessera::server
