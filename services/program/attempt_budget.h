#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <optional>
#include <string_view>

#include "crypto/user_keys.h"
#include "server/config.h"
#include "services/program/spent_budgets.h"
#include "storage/attempt_store.h"

namespace tessera::program {

// How many wrong codes are judged in a window before the rest is refused unjudged; 0: there is no limit.
struct AttemptConfig {
  int64_t per_user = 20;
  int64_t per_caller = 10'000;
  int64_t window_seconds = 600;
};
void Bind(server::ConfigSection section, AttemptConfig& config);

// Who tries a code. It refers to names that must outlive it.
struct Guesser {
  std::string_view user_id;  // empty where the call names none
  std::string_view caller;
};

// What one guess has spent.
struct AttemptCharge {
  struct Part {
    storage::AttemptSubject subject;
    core::InstantMs window_end_ms = 0;
  };
  std::optional<Part> user;
  std::optional<Part> caller;
};

// The budget of wrong codes that each user and each caller has. A guess is charged before it is answered, so
// that of guesses at the same time, over all replicas, exactly as many are answered as the budget allows.
// Counts
//   coupon_attempts_refused_total{subject}   subject: user or caller, whose budget was spent
// Loop thread only; store, users, config and registry must outlive it.
class AttemptBudget {
 public:
  AttemptBudget(storage::AttemptStore& store, const crypto::UserKeyMaker& users, const AttemptConfig& config,
                prometheus::Registry& registry);

  // ATTEMPTS_EXHAUSTED when this process knows already that a budget of the guesser's is spent. Asks no
  // store.
  std::optional<core::Error> Refusal(const Guesser& guesser);

  // Charges the user, then the caller. ATTEMPTS_EXHAUSTED when nothing is left: then nobody is charged. What
  // the store says when it can't: the guess must not be answered, or guesses were free while the store is
  // away.
  async::Task<core::Result<AttemptCharge>> Charge(Guesser guesser, storage::Deadline deadline);

  // Gives back what a guess that turned out right was charged.
  async::Task<void> GiveBack(AttemptCharge charge, storage::Deadline deadline);

 private:
  // The budget of all users, or of all callers.
  struct Side {
    int64_t attempts_max = 0;
    const char* refusal = "";
    prometheus::Counter* refused = nullptr;
  };

  core::Error Refuse(const Side& side, std::chrono::milliseconds left);
  async::Task<core::Result<AttemptCharge::Part>> Spend(const Side& side, storage::AttemptSubject subject,
                                                       storage::Deadline deadline);
  async::Task<void> Return(AttemptCharge::Part part, storage::Deadline deadline);

  storage::AttemptStore& store_;
  const crypto::UserKeyMaker& users_;
  const AttemptConfig& config_;
  Side user_;
  Side caller_;
  SpentBudgets spent_;
};

}  // namespace tessera::program
