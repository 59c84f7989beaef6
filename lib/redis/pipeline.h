// Pipeline keeps the books of one connection without touching its socket: the bytes to be sent, the commands
// that wait for an answer in order, their deadlines, the bound on both, and the WAIT that follows a batch of
// writes.
//
// Redis answers in order, so a command whose deadline has passed leaves its slot behind: the answer is thrown
// away when it comes. A command of which no byte was sent yet is taken back instead, and is never executed.
//
// Loop thread only. Every Pending handed to Append is completed exactly once, by a reply, Expire or FailAll,
// from inside those calls; the woken coroutine may call Append again at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "async/one_shot.h"
#include "async/task.h"
#include "redis/command.h"
#include "redis/config.h"
#include "redis/reply.h"
#include "redis/reply_parser.h"

namespace tessera::redis {

// Where the answer to one command arrives.
using Pending = async::OneShot<Result<Reply>>;

class Pipeline {
 public:
  explicit Pipeline(const Config& config);

  // Whether one more command of `bytes` fits under the bound.
  bool HasRoomFor(size_t bytes) const;

  // Queues a command for the next batch. `pending` may be null: nobody wants the answer.
  // REQUIRES: HasRoomFor(its size).
  void Append(const Command& command, async::Deadline deadline, Pending* pending);

  // Ends the batch of what was appended since the last call, with a WAIT if one is due. False when the batch
  // must be kept back because enough of them are waiting for replicas already.
  bool SealBatch();

  // What is to be sent next, and how much of it was.
  std::string_view Unsent() const { return std::string_view(out_).substr(out_sent_, sealed_ - out_sent_); }
  void MarkSent(size_t bytes);

  // Takes bytes that were received. An error means that the connection is of no use any more.
  Result<void> Receive(const char* bytes, size_t size);

  // Completes with kTimeout what is due at `now`.
  void Expire(async::Deadline now);

  // No deadline ends before this; Deadline::max() when there is none.
  async::Deadline next_deadline() const { return next_deadline_; }

  // Completes everything with `error`; for each command it says truly whether it was sent.
  void FailAll(const Error& error);

  // Commands that are owed an answer by Redis, abandoned ones included.
  size_t in_flight() const { return slots_.size(); }
  bool has_unsealed() const { return sealed_ < out_.size(); }
  // How many batches were sealed; for tests and the bench.
  uint64_t batches() const { return batches_; }

 private:
  struct Slot {
    Pending* pending = nullptr;  // null when nobody waits (any more)
    async::Deadline deadline;
    uint64_t begin = 0;  // where it starts in the stream of all bytes ever appended
    uint32_t bytes = 0;
    bool held = false;  // its answer is kept until the batch's WAIT is answered
    bool is_wait = false;
  };

  struct Held {
    Pending* pending;
    async::Deadline deadline;
    Reply reply;
  };

  uint64_t sent_end() const { return out_begin_ + out_sent_; }
  bool Sent(const Slot& slot) const { return slot.begin < sent_end(); }
  void AppendSlot(std::string_view wire, async::Deadline deadline, Pending* pending, bool writes,
                  bool is_wait);
  void Answer(Reply reply);
  void AnswerWait(const Reply& reply);
  void TakeBackUnsent(async::Deadline now, std::deque<Pending*>* expired);

  const Config& config_;
  ReplyParser parser_;
  std::deque<Slot> slots_;
  std::deque<Held> held_;
  size_t bytes_in_flight_ = 0;
  async::Deadline next_deadline_ = async::Deadline::max();

  std::string out_;         // bytes appended and not yet sent, after some that were
  size_t out_sent_ = 0;     // how much of out_ was sent
  size_t sealed_ = 0;       // how much of out_ belongs to sealed batches
  uint64_t out_begin_ = 0;  // where out_ starts in the stream of all bytes ever appended
  size_t batch_slots_ = 0;  // slots since the last seal
  bool batch_writes_ = false;
  int waits_in_flight_ = 0;
  uint64_t batches_ = 0;
  std::string wait_command_;
};

}  // namespace tessera::redis
