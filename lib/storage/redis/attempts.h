#pragma once

#include "storage/attempt_store.h"
#include "storage/redis/backend.h"

namespace tessera::storage {

// Counts the wrong codes of users and callers. A command whose answer was lost is not sent again: a second
// charge would take a guess from somebody, and a second return would give one away. Loop thread only.
class Attempts {
 public:
  explicit Attempts(const Backend& backend) : backend_(backend) {}

  async::Task<core::Result<AttemptSpent>> Spend(AttemptSubject subject, AttemptLimit limit,
                                                Deadline deadline) const;
  async::Task<core::Status> Return(AttemptSubject subject, core::InstantMs window_end_ms,
                                   Deadline deadline) const;

 private:
  const Backend& backend_;
};

}  // namespace tessera::storage
