#include "services/program/attempt_budget.h"

#include <algorithm>

#include "api/status.h"

namespace tessera::program {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kAttemptsMax = 1'000'000'000;
constexpr int64_t kWindowSecondsMax = 86'400;

}  // namespace

void Bind(server::ConfigSection section, AttemptConfig& config) {
  section.Field("per_user", &config.per_user, {0, kAttemptsMax},
                "Wrong codes of one user that are judged in a window; 0: no limit.");
  section.Field("per_caller", &config.per_caller, {0, kAttemptsMax},
                "Wrong codes of one caller, over all its users, that are judged in a window; 0: no limit.");
  section.Field("window_seconds", &config.window_seconds, {1, kWindowSecondsMax},
                "Seconds from the first wrong code until all attempts are left again.");
}

AttemptBudget::AttemptBudget(storage::AttemptStore& store, const crypto::UserKeyMaker& users,
                             const AttemptConfig& config, prometheus::Registry& registry)
    : store_(store), users_(users), config_(config) {
  auto& refused = prometheus::BuildCounter()
                      .Name("coupon_attempts_refused_total")
                      .Help("Codes that were not judged, because too many before them were wrong.")
                      .Register(registry);
  user_.attempts_max = config.per_user;
  user_.refusal = "Too many codes of this user were wrong. Try again later.";
  user_.refused = &refused.Add({{"subject", "user"}});
  caller_.attempts_max = config.per_caller;
  caller_.refusal = "Too many codes of this caller were wrong. Try again later.";
  caller_.refused = &refused.Add({{"subject", "caller"}});
}

core::Error AttemptBudget::Refuse(const Side& side, milliseconds left) {
  side.refused->Increment();
  return core::Error(core::Reason::kAttemptsExhausted, side.refusal)
      .With(std::string(api::kRetryAfterMs), std::to_string(std::max<int64_t>(1, left.count())));
}

std::optional<core::Error> AttemptBudget::Refusal(const Guesser& guesser) {
  const SpentBudgets::Instant now = std::chrono::steady_clock::now();
  // The usual case, in which nobody's name is hashed.
  if (spent_.AllOver(now)) return std::nullopt;
  if (!guesser.user_id.empty()) {
    if (const auto left = spent_.Left(users_.MakeUserKey(guesser.user_id), now)) return Refuse(user_, *left);
  }
  if (const auto left = spent_.Left(users_.MakeCallerKey(guesser.caller), now)) return Refuse(caller_, *left);
  return std::nullopt;
}

async::Task<core::Result<AttemptCharge::Part>> AttemptBudget::Spend(const Side& side,
                                                                    storage::AttemptSubject subject,
                                                                    storage::Deadline deadline) {
  storage::AttemptLimit limit;
  limit.attempts_max = side.attempts_max;
  limit.window = std::chrono::seconds(config_.window_seconds);
  const auto spent = co_await store_.Spend(subject, limit, deadline);
  if (!spent.ok()) co_return spent.error();
  if (!spent->allowed) {
    spent_.Remember(subject, std::chrono::steady_clock::now() + spent->window_left);
    co_return Refuse(side, spent->window_left);
  }
  AttemptCharge::Part part;
  part.subject = subject;
  part.window_end_ms = spent->window_end_ms;
  co_return part;
}

async::Task<core::Result<AttemptCharge>> AttemptBudget::Charge(Guesser guesser, storage::Deadline deadline) {
  AttemptCharge charge;
  if (user_.attempts_max > 0 && !guesser.user_id.empty()) {
    const auto part = co_await Spend(user_, users_.MakeUserKey(guesser.user_id), deadline);
    if (!part.ok()) co_return part.error();
    charge.user = *part;
  }
  if (caller_.attempts_max > 0) {
    const auto part = co_await Spend(caller_, users_.MakeCallerKey(guesser.caller), deadline);
    if (!part.ok()) {
      // The guess is not answered, so it does not count against the user.
      co_await GiveBack(charge, deadline);
      co_return part.error();
    }
    charge.caller = *part;
  }
  co_return charge;
}

async::Task<void> AttemptBudget::GiveBack(AttemptCharge charge, storage::Deadline deadline) {
  if (charge.user) co_await Return(*charge.user, deadline);
  if (charge.caller) co_await Return(*charge.caller, deadline);
}

async::Task<void> AttemptBudget::Return(AttemptCharge::Part part, storage::Deadline deadline) {
  const core::Status returned = co_await store_.Return(part.subject, part.window_end_ms, deadline);
  // One is left again, whoever was refused meanwhile. What the store could not take back stays spent until
  // its window ends.
  if (returned.ok()) spent_.Forget(part.subject);
}

}  // namespace tessera::program
