// Budgets of wrong codes, in the model.

#include "memory_store.h"

namespace tessera::contract {

async::Task<core::Result<storage::AttemptSpent>> MemoryStore::Spend(storage::AttemptSubject subject,
                                                                    storage::AttemptLimit limit,
                                                                    storage::Deadline deadline) {
  if (std::chrono::steady_clock::now() >= deadline) {
    co_return core::Error(core::Reason::kDeadlinePassed, "too late");
  }
  AttemptRecord& record = attempts_[subject];
  if (now() >= record.window_end_ms) record = {0, now() + limit.window.count()};
  storage::AttemptSpent answer;
  answer.allowed = record.spent < limit.attempts_max;
  if (answer.allowed) ++record.spent;
  answer.window_end_ms = record.window_end_ms;
  answer.window_left = std::chrono::milliseconds(record.window_end_ms - now());
  co_return answer;
}

async::Task<core::Status> MemoryStore::Return(storage::AttemptSubject subject, core::InstantMs window_end_ms,
                                              storage::Deadline) {
  AttemptRecord& record = attempts_[subject];
  const bool same_window = record.window_end_ms == window_end_ms && now() < window_end_ms;
  if (same_window && record.spent > 0) --record.spent;
  co_return core::Ok();
}

}  // namespace tessera::contract
