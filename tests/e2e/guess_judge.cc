#include "tests/e2e/guess_judge.h"

#include <mutex>

#include "tools/load/parallel.h"

namespace tessera::e2e {

GuessTally RunGuesses(int workers, int64_t guesses, const Guess& guess) {
  GuessTally tally;
  std::mutex mutex;
  load::Parallel(workers, guesses, [&](int64_t index, int worker) {
    const std::string reason = guess(index, worker);
    const std::lock_guard lock(mutex);
    ++tally[reason];
  });
  return tally;
}

std::vector<std::string> JudgeGuesses(int64_t guesses, int64_t budget, const GuessTally& tally) {
  std::vector<std::string> breaches;
  const auto expect = [&](const std::string& reason, int64_t expected) {
    const auto found = tally.find(reason);
    const int64_t count = found == tally.end() ? 0 : found->second;
    if (count == expected) return;
    breaches.push_back(reason + ": " + std::to_string(count) + ", not " + std::to_string(expected));
  };
  expect("INVALID_CODE", budget);
  expect("ATTEMPTS_EXHAUSTED", guesses - budget);
  return breaches;
}

}  // namespace tessera::e2e
