#include "tests/e2e/overrun_judge.h"

#include <algorithm>
#include <mutex>

#include "tools/load/parallel.h"

namespace tessera::e2e {

int64_t Rush::Expected(int campaign) const {
  return std::min<int64_t>(stock, int64_t{users} * std::min(LimitPerUser(campaign), tries));
}

std::vector<Tally> RunRush(const Rush& rush, const Claimer& claim) {
  std::vector<Tally> tallies(static_cast<size_t>(rush.campaigns));
  for (Tally& tally : tallies) tally.by_user.resize(static_cast<size_t>(rush.users));
  std::mutex mutex;
  constexpr int kAtATime = 10;
  for (int first = 0; first < rush.campaigns; first += kAtATime) {
    const int here = std::min(kAtATime, rush.campaigns - first);
    load::Parallel(rush.connections, int64_t{here} * rush.users * rush.tries, [&](int64_t index, int worker) {
      const int campaign = first + static_cast<int>(index % here);
      const auto turn = static_cast<int>(index / here);
      const int user = campaign % 2 == 0 ? turn % rush.users : turn / rush.tries;
      const Answer answer = claim(campaign, user, worker);
      const std::lock_guard lock(mutex);
      Tally& tally = tallies[static_cast<size_t>(campaign)];
      if (answer.refusal.empty()) {
        ++tally.by_user[static_cast<size_t>(user)];
        tally.codes.insert(answer.code);
      } else if (answer.refusal == "STOCK") {
        ++tally.stock_refusals;
      } else if (answer.refusal == "USER_QUOTA") {
        ++tally.quota_refusals;
      } else {
        tally.unexpected = answer.refusal;
      }
    });
  }
  return tallies;
}

std::vector<std::string> JudgeRush(const Rush& rush, const std::vector<Tally>& tallies) {
  std::vector<std::string> breaches;
  for (int i = 0; i < rush.campaigns; ++i) {
    const Tally& tally = tallies[static_cast<size_t>(i)];
    const auto breach = [&](const std::string& what, int64_t found, int64_t expected) {
      breaches.push_back("campaign " + std::to_string(i) + ": " + what + ": " + std::to_string(found) +
                         ", not " + std::to_string(expected));
    };
    const int limit = std::min(Rush::LimitPerUser(i), rush.tries);
    const int64_t expected = rush.Expected(i);
    int64_t issued = 0;
    int most = 0;
    for (const int count : tally.by_user) {
      issued += count;
      most = std::max(most, count);
    }
    if (!tally.unexpected.empty()) breach("refusals like " + tally.unexpected, 1, 0);
    if (issued != expected) breach("issued", issued, expected);
    if (most > limit) breach("issued to one user", most, limit);
    const auto codes = static_cast<int64_t>(tally.codes.size());
    if (codes != issued) breach("different codes", codes, issued);
    const int64_t answered = issued + tally.stock_refusals + tally.quota_refusals;
    const int64_t asked = int64_t{rush.users} * rush.tries;
    if (answered != asked) breach("answered", answered, asked);
    if (issued < rush.stock && tally.stock_refusals > 0) {
      breach("told that the stock was used up while it was not", tally.stock_refusals, 0);
    }
  }
  return breaches;
}

}  // namespace tessera::e2e
