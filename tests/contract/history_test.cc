// Random histories on the program's stores and on the model: every answer is compared.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "history_checker.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

// A history that never met a refusal proves nothing about it.
constexpr const char* kMustBeMet[] = {
    "issue: ok",
    "issue: STOCK",
    "issue: STOCK_PER_DAY",
    "issue: USER_QUOTA",
    "issue: USER_QUOTA_PER_DAY",
    "issue: CAMPAIGN_PAUSED",
    "issue: CLAIM_WINDOW_NOT_OPEN",
    "issue: CLAIM_WINDOW_CLOSED",
    "redeem: ok",
    "redeem: COUPON_EXPIRED",
    "redeem: COUPON_RESERVED",
    "redeem: COUPON_ALREADY_REDEEMED",
    "redeem: COUPON_REVOKED",
    "redeem: COUPON_OF_ANOTHER_USER",
    "redeem: COUPON_NOT_YET_VALID",
    "redeem: CAMPAIGN_PAUSED",
    "redeem: REQUEST_ID_REUSED",
    "reserve: ok",
    "commit: ok",
    "commit: RESERVATION_FENCED",
    "commit: RESERVATION_RELEASED",
    "commit: RESERVATION_COMMITTED",
    "release: ok",
    "rollback: ok",
    "revoke: ok",
    "generate: ok",
    "bind: ok",
    "bind: CODE_ALREADY_BOUND",
    "bind: USER_QUOTA",
    "redeem: SUBJECT_REQUIRED",
    "reserve: CODE_NOT_BOUND",
    "redeem: ok together",
    "redeem: ok in part",
    "redeem: USE_QUOTA",
    "redeem: USE_QUOTA_PER_DAY",
    "redeem: BUDGET",
    "redeem: BUDGET_PER_DAY",
    "reserve: USE_QUOTA",
    "reserve: BUDGET",
    "redeem: NOT_APPLICABLE",
    "redeem: MINIMUM_SPEND_NOT_MET",
    "reserve: ok together",
    "reserve: ok in part",
    "commit: ok together",
    "rollback: ok together",
    "rollback: ok in part",
    "rollback: INVALID_FIELD",
    "rollback: REDEMPTION_ROLLED_BACK",
    "explain: ok",
};

std::vector<std::string> NotMet(const std::map<std::string, int64_t>& outcomes) {
  std::vector<std::string> missing;
  for (const char* outcome : kMustBeMet) {
    if (!outcomes.contains(outcome)) missing.emplace_back(outcome);
  }
  return missing;
}

TEST(RandomHistory, EveryAnswerIsTheModels) {
  const int64_t calls_wanted = testing::Trials(5'000, 100'000);
  // Short histories on many fresh stores: each begins with new campaigns and ends with a comparison of all
  // state.
  const int64_t calls_each = testing::Trials(900, 3'000);
  const char* chosen = std::getenv("TESSERA_SEED");
  uint64_t seed = chosen != nullptr
                      ? std::strtoull(chosen, nullptr, 10)
                      : static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::map<std::string, int64_t> outcomes;
  int64_t calls = 0;
  // What is rare may need a longer one.
  while (calls < calls_wanted || (calls < 12 * calls_wanted && !NotMet(outcomes).empty())) {
    for (const StoreFactory& factory : StoreFactories()) {
      const std::unique_ptr<StoreUnderTest> store = factory.make();
      const HistoryResult result = HistoryChecker(*store, ++seed).Run(calls_each);
      calls += result.calls;
      for (const auto& [outcome, count] : result.outcomes) outcomes[outcome] += count;
      ASSERT_FALSE(result.mismatch.has_value()) << factory.name << " " << *result.mismatch;
    }
  }
  for (const auto& [outcome, count] : outcomes)
    std::printf("  %-45s %lld\n", outcome.c_str(), static_cast<long long>(count));
  testing::PrintTrials("contract random history", calls);

  EXPECT_EQ(NotMet(outcomes), std::vector<std::string>());
}

}  // namespace
}  // namespace tessera::contract
