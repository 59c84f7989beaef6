// Checks the checker: a model agrees with the model, and a model with a rare mistake does not.

#include <gtest/gtest.h>

#include "broken_store.h"
#include "history_checker.h"

namespace tessera::contract {
namespace {

constexpr core::Shape kShape{.partitions = 4, .buckets = 8};

HistoryResult RunOn(uint64_t seed, int64_t calls, const MemoryUnderTest::Make& make) {
  MemoryUnderTest store(kShape, MemoryUnderTest::Clock::kReal, make);
  return HistoryChecker(store, seed).Run(calls);
}

TEST(HistorySelfCheck, TheModelAgreesWithItself) {
  const HistoryResult result = RunOn(1, 10'000, MemoryUnderTest::MakeModel);
  EXPECT_EQ(result.mismatch, std::nullopt) << *result.mismatch;
  EXPECT_GE(result.calls, 10'000);
}

class MistakeTest : public testing::TestWithParam<std::pair<const char*, Mistake>> {};

TEST_P(MistakeTest, IsFound) {
  const Mistake mistake = GetParam().second;
  const auto make = [mistake](MemoryOptions options) -> std::unique_ptr<MemoryStore> {
    return std::make_unique<BrokenStore>(std::move(options), mistake);
  };
  // One mistake may hide behind a limit that does not bind; several histories may not.
  int found = 0;
  for (uint64_t seed = 1; seed <= 8 && found < 2; ++seed)
    found += RunOn(seed, 20'000, make).mismatch.has_value() ? 1 : 0;
  EXPECT_GE(found, 2);
}

INSTANTIATE_TEST_SUITE_P(Each, MistakeTest,
                         testing::Values(std::pair{"ForgetsQuota", Mistake::kForgetsQuota},
                                         std::pair{"ForgetsStock", Mistake::kForgetsStock},
                                         std::pair{"ForgetsOperation", Mistake::kForgetsOperation},
                                         std::pair{"ReturnsStockUnasked", Mistake::kReturnsStockUnasked},
                                         std::pair{"ForgetsAUse", Mistake::kForgetsAUse},
                                         std::pair{"ForgetsAReturn", Mistake::kForgetsAReturn},
                                         std::pair{"ForgetsSpending", Mistake::kForgetsSpending},
                                         std::pair{"KeepsAUse", Mistake::kKeepsAUse},
                                         std::pair{"KeepsMoney", Mistake::kKeepsMoney}),
                         [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace tessera::contract
