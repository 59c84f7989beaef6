#include "redis/pipeline.h"

#include <algorithm>
#include <utility>

namespace tessera::redis {
namespace {

// Batches that may wait for replicas at once: one is being replicated while the next is already with Redis.
// More would only make smaller batches.
constexpr int kWaitsInFlightMax = 2;

// Sent bytes are dropped from the front of the buffer when they are this many.
constexpr size_t kSentBytesMax = 256u << 10;

// A buffer that one large burst has left behind is given back above this size.
constexpr size_t kIdleBufferBytesMax = 1u << 20;

}  // namespace

Pipeline::Pipeline(const Config& config) : config_(config), parser_(config.reply_bytes_max) {
  if (config.wait_replicas > 0) {
    Command wait("WAIT");
    wait.Arg(config.wait_replicas).Arg(config.wait_timeout_ms);
    wait_command_ = wait.Wire();
  }
}

bool Pipeline::HasRoomFor(size_t bytes) const {
  return slots_.size() < config_.commands_in_flight_max &&
         bytes_in_flight_ + bytes <= std::max(config_.bytes_in_flight_max, bytes);
}

void Pipeline::Append(const Command& command, async::Deadline deadline, Pending* pending) {
  AppendSlot(command.Wire(), deadline, pending, command.waits_for_replicas(), false);
  if (pending != nullptr) next_deadline_ = std::min(next_deadline_, deadline);
}

void Pipeline::AppendSlot(std::string_view wire, async::Deadline deadline, Pending* pending, bool writes,
                          bool is_wait) {
  Slot& slot = slots_.emplace_back();
  slot.pending = pending;
  slot.deadline = deadline;
  slot.begin = out_begin_ + out_.size();
  slot.bytes = static_cast<uint32_t>(wire.size());
  slot.is_wait = is_wait;
  out_.append(wire);
  bytes_in_flight_ += wire.size();
  ++batch_slots_;
  batch_writes_ = batch_writes_ || writes;
}

bool Pipeline::SealBatch() {
  if (batch_slots_ == 0) return true;
  if (!wait_command_.empty() && batch_writes_) {
    if (waits_in_flight_ >= kWaitsInFlightMax) return false;
    for (size_t i = slots_.size() - batch_slots_; i < slots_.size(); ++i) slots_[i].held = true;
    AppendSlot(wait_command_, async::Deadline::max(), nullptr, false, true);
    ++waits_in_flight_;
  }
  batch_slots_ = 0;
  batch_writes_ = false;
  sealed_ = out_.size();
  ++batches_;
  return true;
}

void Pipeline::MarkSent(size_t bytes) {
  out_sent_ += bytes;
  if (out_sent_ == out_.size()) {
    out_begin_ += out_.size();
    out_.clear();
    if (out_.capacity() > kIdleBufferBytesMax) out_.shrink_to_fit();
  } else if (out_sent_ >= kSentBytesMax) {
    out_begin_ += out_sent_;
    sealed_ -= out_sent_;
    out_.erase(0, out_sent_);
    out_sent_ = 0;
    return;
  } else {
    return;
  }
  out_sent_ = 0;
  sealed_ = 0;
}

Result<void> Pipeline::Receive(const char* bytes, size_t size) {
  parser_.Feed(bytes, size);
  while (true) {
    Result<std::optional<Reply>> next = parser_.Next();
    if (!next.ok()) return std::move(next.error());
    if (!next->has_value()) return {};
    if (slots_.empty() || !Sent(slots_.front())) {
      return Error(ErrorKind::kProtocol, false, "an answer to nothing: " + (*next)->ToString());
    }
    Answer(std::move(**next));
  }
}

void Pipeline::Answer(Reply reply) {
  const Slot slot = slots_.front();
  slots_.pop_front();
  bytes_in_flight_ -= slot.bytes;
  if (slot.is_wait) {
    AnswerWait(reply);
    return;
  }
  if (slot.pending == nullptr) return;
  if (reply.type() == ReplyType::kError) {
    slot.pending->Complete(Error::FromReply(reply.text()));
  } else if (slot.held) {
    held_.push_back(Held{slot.pending, slot.deadline, std::move(reply)});
  } else {
    slot.pending->Complete(std::move(reply));
  }
}

void Pipeline::AnswerWait(const Reply& reply) {
  --waits_in_flight_;
  // Everything held belongs to this batch: later answers come after this one.
  std::deque<Held> batch = std::exchange(held_, {});
  const bool replicated = reply.type() == ReplyType::kInteger && reply.integer() >= config_.wait_replicas;
  for (Held& held : batch) {
    if (held.pending == nullptr) continue;
    if (replicated) {
      held.pending->Complete(std::move(held.reply));
    } else {
      held.pending->Complete(Error(ErrorKind::kNoReplicas, true, "WAIT answered " + reply.ToString()));
    }
  }
}

void Pipeline::TakeBackUnsent(async::Deadline now, std::deque<Pending*>* expired) {
  // Unsent slots are the last ones. They are few unless the socket is blocked, so they are simply written
  // again.
  size_t first = slots_.size();
  while (first > 0 && !Sent(slots_[first - 1])) --first;
  if (first == slots_.size()) return;
  const size_t keep_bytes = slots_[first].begin - out_begin_;
  const bool any =
      std::any_of(slots_.begin() + static_cast<ptrdiff_t>(first), slots_.end(),
                  [now](const Slot& slot) { return slot.pending != nullptr && slot.deadline <= now; });
  if (!any) return;
  const std::string tail = out_.substr(keep_bytes);
  const size_t sealed_tail = sealed_ > keep_bytes ? sealed_ - keep_bytes : 0;
  const uint64_t tail_begin = out_begin_ + keep_bytes;
  const size_t unsealed_from = slots_.size() - batch_slots_;
  out_.resize(keep_bytes);
  size_t kept_sealed = 0;
  size_t write = first;
  for (size_t read = first; read < slots_.size(); ++read) {
    Slot slot = slots_[read];
    if (slot.pending != nullptr && slot.deadline <= now) {
      expired->push_back(slot.pending);
      bytes_in_flight_ -= slot.bytes;
      if (read >= unsealed_from) --batch_slots_;
      continue;
    }
    const std::string_view wire = std::string_view(tail).substr(slot.begin - tail_begin, slot.bytes);
    if (slot.begin - tail_begin < sealed_tail) kept_sealed += wire.size();
    slot.begin = out_begin_ + out_.size();
    out_.append(wire);
    slots_[write++] = slot;
  }
  slots_.resize(write);
  sealed_ = std::min(sealed_, keep_bytes) + kept_sealed;
}

void Pipeline::Expire(async::Deadline now) {
  if (now < next_deadline_) return;
  std::deque<Pending*> unsent;
  std::deque<Pending*> sent;
  TakeBackUnsent(now, &unsent);
  next_deadline_ = async::Deadline::max();
  for (Slot& slot : slots_) {
    if (slot.pending == nullptr) continue;
    if (slot.deadline <= now) {
      sent.push_back(std::exchange(slot.pending, nullptr));
    } else {
      next_deadline_ = std::min(next_deadline_, slot.deadline);
    }
  }
  for (Held& held : held_) {
    if (held.pending == nullptr) continue;
    if (held.deadline <= now) {
      sent.push_back(std::exchange(held.pending, nullptr));
    } else {
      next_deadline_ = std::min(next_deadline_, held.deadline);
    }
  }
  for (Pending* pending : unsent) {
    pending->Complete(Error(ErrorKind::kTimeout, false, "the deadline passed before it was sent"));
  }
  for (Pending* pending : sent) {
    pending->Complete(Error(ErrorKind::kTimeout, true, "the deadline passed before the answer came"));
  }
}

void Pipeline::FailAll(const Error& error) {
  const uint64_t sent_before = sent_end();
  std::deque<Slot> slots = std::exchange(slots_, {});
  std::deque<Held> held = std::exchange(held_, {});
  out_.clear();
  out_sent_ = sealed_ = batch_slots_ = bytes_in_flight_ = 0;
  waits_in_flight_ = 0;
  batch_writes_ = false;
  next_deadline_ = async::Deadline::max();
  for (Held& one : held) {
    if (one.pending != nullptr) one.pending->Complete(Error(error.kind, true, error.text));
  }
  for (const Slot& slot : slots) {
    if (slot.pending != nullptr)
      slot.pending->Complete(Error(error.kind, slot.begin < sent_before, error.text));
  }
}

}  // namespace tessera::redis
