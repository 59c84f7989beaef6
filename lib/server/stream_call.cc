#include "server/stream_call.h"

#include <grpc/grpc.h>

namespace tessera::server {

QueueEvent* StreamCall::BeginMove() {
  moved_.Reset();
  holds_.fetch_add(1, std::memory_order_relaxed);
  return &move_end_;
}

void StreamCall::OnMoveEnd(bool ok) {
  shared().loop.Post([this, ok] {
    moved_ok_ = ok;
    moved_.Set();
    LetGo();
  });
}

void StreamCall::LetGo() {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

// A status that is sent in the usual way waits behind the messages that the reader does not take.
async::Task<void> StreamCall::AbortMove() {
  grpc_call_cancel_with_status(grpc_context().c_call(), GRPC_STATUS_DEADLINE_EXCEEDED,
                               CutError().message.c_str(), nullptr);
  co_await moved_.Wait();
}

StreamCall::Cut StreamCall::cut() {
  if (cut_ == Cut::kNot && call_context().deadline <= Clock::now()) cut_ = Cut::kDeadline;
  return cut_;
}

// A caller whose deadline passes goes away at that instant, and gRPC ends the call's moves by it too.
void StreamCall::CutOff() {
  if (cut() == Cut::kNot) cut_ = Cut::kGone;
}

core::Error StreamCall::CutError() const {
  return core::Error(core::Reason::kDeadlinePassed,
                     cut_ == Cut::kGone ? "the caller is gone" : "the deadline passed during the stream");
}

bool StreamCall::EndIfCut() {
  switch (cut_) {
    case Cut::kNot:
      return false;
    case Cut::kDeadline:
      RefuseCall(CutError());
      return true;
    case Cut::kGone:
      Cancel();
      return true;
  }
  return false;
}

// A defect is told as such, for the log's sake, whoever is still there.
void StreamCall::RefuseStream(const core::Error& error) {
  if (error.reason == core::Reason::kInternal || !EndIfCut()) RefuseCall(error);
}

}  // namespace tessera::server
