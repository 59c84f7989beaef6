#pragma once

#include <chrono>

#include "async/task.h"
#include "core/ids.h"
#include "core/result.h"
#include "storage/operation.h"

namespace tessera::storage {

// Who tries codes: a user, or a caller under a key of its own (crypto::UserKeyMaker makes both).
using AttemptSubject = core::UserKey;

// How many attempts a subject has in a window, which begins with the first of them.
struct AttemptLimit {
  int64_t attempts_max = 0;  // 1 or more
  std::chrono::milliseconds window{};
};

// What became of one attempt.
struct AttemptSpent {
  bool allowed = false;               // one was left, and is spent
  core::InstantMs window_end_ms = 0;  // when all are left again, by the store's clock; it names the window
  std::chrono::milliseconds window_left{};  // until then; more than 0
};

// Counts wrong codes. An attempt is spent before its code is judged, so of attempts that run at the same
// time, in however many processes, no more than the limit are judged; one whose code was right is given back.
// All methods run on the event loop's thread.
class AttemptStore {
 public:
  virtual ~AttemptStore() = default;

  // Spends an attempt, unless all are. OUTCOME_UNKNOWN when the store did not say: then it may be spent.
  virtual async::Task<core::Result<AttemptSpent>> Spend(AttemptSubject subject, AttemptLimit limit,
                                                        Deadline deadline) = 0;

  // Gives back an attempt of the window that ends at `window_end_ms`; of one that is over, nothing. When the
  // store does not say, it may stay spent. REQUIRES: it was spent, and is given back once.
  virtual async::Task<core::Status> Return(AttemptSubject subject, core::InstantMs window_end_ms,
                                           Deadline deadline) = 0;
};

}  // namespace tessera::storage
