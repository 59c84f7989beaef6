#include "services/program/spent_budgets.h"

#include <gtest/gtest.h>

namespace tessera::program {
namespace {

using std::chrono::milliseconds;

const SpentBudgets::Instant kNow = std::chrono::steady_clock::now();

storage::AttemptSubject Subject(uint8_t i) {
  storage::AttemptSubject subject;
  subject.bytes[11] = i;
  return subject;
}

TEST(SpentBudgets, KnowsWhoseWindowLastsForHowLong) {
  SpentBudgets spent;
  EXPECT_TRUE(spent.AllOver(kNow));
  spent.Remember(Subject(1), kNow + milliseconds(500));
  spent.Remember(Subject(2), kNow + milliseconds(900));
  EXPECT_FALSE(spent.AllOver(kNow));
  EXPECT_EQ(spent.Left(Subject(1), kNow), milliseconds(500));
  EXPECT_EQ(spent.Left(Subject(1), kNow + std::chrono::microseconds(499'500)), milliseconds(1));
  EXPECT_EQ(spent.Left(Subject(3), kNow), std::nullopt);
  EXPECT_EQ(spent.Left(Subject(1), kNow + milliseconds(500)), std::nullopt);
  EXPECT_FALSE(spent.AllOver(kNow + milliseconds(500)));
  EXPECT_EQ(spent.size(), 1u);
  EXPECT_TRUE(spent.AllOver(kNow + milliseconds(900)));
  EXPECT_EQ(spent.size(), 0u);
}

TEST(SpentBudgets, TheLatestWordCounts) {
  SpentBudgets spent;
  spent.Remember(Subject(1), kNow + milliseconds(500));
  spent.Remember(Subject(1), kNow + milliseconds(700));
  EXPECT_EQ(spent.size(), 1u);
  EXPECT_FALSE(spent.AllOver(kNow + milliseconds(600)));
  EXPECT_EQ(spent.Left(Subject(1), kNow), milliseconds(700));
  spent.Forget(Subject(1));
  EXPECT_EQ(spent.Left(Subject(1), kNow), std::nullopt);
  EXPECT_TRUE(spent.AllOver(kNow));
}

TEST(SpentBudgets, WhenItIsFullWhoeverWaitsLeastIsForgotten) {
  SpentBudgets spent(2);
  spent.Remember(Subject(1), kNow + milliseconds(500));
  spent.Remember(Subject(2), kNow + milliseconds(300));
  spent.Remember(Subject(3), kNow + milliseconds(400));
  EXPECT_EQ(spent.size(), 2u);
  EXPECT_EQ(spent.Left(Subject(2), kNow), std::nullopt);
  EXPECT_TRUE(spent.Left(Subject(1), kNow).has_value());
  EXPECT_TRUE(spent.Left(Subject(3), kNow).has_value());
}

}  // namespace
}  // namespace tessera::program
