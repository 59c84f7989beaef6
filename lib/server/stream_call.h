#pragma once

#include <atomic>

#include "async/event.h"
#include "server/served_call.h"

namespace tessera::server {

// What the two kinds of streams share: messages move one at a time. A move is begun on the loop's thread, it
// ends on the queue's, and that is posted back to the loop, where the handler waits for it.
//
// gRPC ends every move of a call whose caller is gone, so that is how it is noticed. The deadline is watched
// here, as a caller who sent none has one too.
class StreamCall : public ServedCall {
 protected:
  // Why nothing moves any more.
  enum class Cut { kNot, kDeadline, kGone };

  StreamCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue)
      : ServedCall(shared, served, queue) {}

  // The tag for a move that is to begin now. REQUIRES: no other is under way.
  QueueEvent* BeginMove();
  // Waits until the move has ended; false when the deadline came first, and the move is still under way.
  async::Task<bool> MoveEnded() { return moved_.WaitUntil(call_context().deadline); }
  // Ends the move that is under way by ending the call, with DEADLINE_EXCEEDED, whatever else was to be sent.
  async::Task<void> AbortMove();
  // Whether the move that ended did move something.
  bool moved() const { return moved_ok_; }

  // Looks at the clock too: once it was told that time is over, it remains so.
  Cut cut();
  void CutOff();  // because a move failed
  void CutOff(Cut why) { cut_ = why; }
  core::Error CutError() const;

  // Ends the call as it was cut, and answers false when it was not. Who was told that nobody waits any more
  // has nothing else to say.
  bool EndIfCut();
  void RefuseStream(const core::Error& error);

 private:
  struct MoveEnd final : QueueEvent {
    explicit MoveEnd(StreamCall* moving) : call(moving) {}
    void Proceed(bool ok) override { call->OnMoveEnd(ok); }
    StreamCall* const call;
  };

  void OnMoveEnd(bool ok);
  void Discard() final { LetGo(); }
  void LetGo();

  MoveEnd move_end_{this};
  // Of the call itself, and of a move until the loop has heard of its end: a read that the deadline overtook
  // may end after the call.
  std::atomic<int> holds_{1};
  // The rest is the loop's.
  async::Event moved_;
  bool moved_ok_ = false;
  Cut cut_ = Cut::kNot;
};

}  // namespace tessera::server
