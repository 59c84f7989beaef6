// What an overrun is: many users ask campaigns of limited stock for coupons, all at once, and a judge decides
// by what they were told whether each limit N gave exactly min(N, demand). Who answers is the caller's
// choice, so that the judge itself can be tested.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tessera::e2e {

struct Rush {
  int campaigns = 0;
  int stock = 0;
  int users = 0;
  int tries = 0;  // of each user
  int connections = 0;

  // Every other campaign allows two coupons to each user.
  static int LimitPerUser(int campaign) { return campaign % 2 + 1; }
  // What campaign `campaign` must issue.
  int64_t Expected(int campaign) const;
  int64_t claims() const { return int64_t{campaigns} * users * tries; }
};

// The answer to one claim: a code, or the reason of the refusal.
struct Answer {
  std::string code;
  std::string refusal;
};

// Asks for a coupon. Called by all workers (0 to connections - 1) at the same time.
using Claimer = std::function<Answer(int campaign, int user, int worker)>;

// What one campaign gave to whom.
struct Tally {
  int64_t stock_refusals = 0;
  int64_t quota_refusals = 0;
  std::vector<int> by_user;
  std::set<std::string> codes;
  std::string unexpected;
};

// Lets all users ask, ten campaigns at a time. In every other campaign one user's tries follow upon each
// other, so they meet; in the rest the users come in turn.
std::vector<Tally> RunRush(const Rush& rush, const Claimer& claim);

// Every breach of a limit, in words; none when all are exact and nobody was refused without need.
std::vector<std::string> JudgeRush(const Rush& rush, const std::vector<Tally>& tallies);

}  // namespace tessera::e2e
