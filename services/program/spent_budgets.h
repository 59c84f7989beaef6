#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "storage/attempt_store.h"

namespace tessera::program {

// Whose attempts this process knows to be spent, and until when. Bounded: when it is full it forgets whose
// window ends first, and the store refuses that one. Loop thread only.
class SpentBudgets {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit SpentBudgets(size_t entries_max = 100'000) : entries_max_(entries_max) {}

  // Forgets those whose windows are over; true when none is left.
  bool AllOver(Instant now);
  // How long the subject has to wait; nothing: its attempts are not known to be spent.
  std::optional<std::chrono::milliseconds> Left(const storage::AttemptSubject& subject, Instant now) const;

  void Remember(const storage::AttemptSubject& subject, Instant until);
  void Forget(const storage::AttemptSubject& subject);

  size_t size() const { return until_.size(); }

 private:
  const size_t entries_max_;
  std::map<storage::AttemptSubject, Instant> until_;
  std::set<std::pair<Instant, storage::AttemptSubject>> by_end_;
};

}  // namespace tessera::program
