#include "services/program/spent_budgets.h"

namespace tessera::program {

bool SpentBudgets::AllOver(Instant now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    until_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
  return until_.empty();
}

std::optional<std::chrono::milliseconds> SpentBudgets::Left(const storage::AttemptSubject& subject,
                                                            Instant now) const {
  const auto found = until_.find(subject);
  if (found == until_.end() || found->second <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(found->second - now);
}

void SpentBudgets::Remember(const storage::AttemptSubject& subject, Instant until) {
  Forget(subject);
  until_.emplace(subject, until);
  by_end_.emplace(until, subject);
  if (until_.size() > entries_max_) Forget(storage::AttemptSubject(by_end_.begin()->second));
}

void SpentBudgets::Forget(const storage::AttemptSubject& subject) {
  const auto found = until_.find(subject);
  if (found == until_.end()) return;
  by_end_.erase({found->second, subject});
  until_.erase(found);
}

}  // namespace tessera::program
