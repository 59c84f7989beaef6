// The budget of wrong codes: spent before a code is judged, given back when it was right.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using std::chrono::milliseconds;
using storage::AttemptSpent;

class AttemptContract : public StoreContract {
 protected:
  core::Result<AttemptSpent> Spend(const core::UserKey& subject, int64_t attempts_max,
                                   milliseconds window = std::chrono::minutes(1)) {
    storage::AttemptLimit limit;
    limit.attempts_max = attempts_max;
    limit.window = window;
    return Await(store_->attempts().Spend(subject, limit, Soon()));
  }
  // The test fails unless one was left.
  core::InstantMs SpendOne(const core::UserKey& subject, int64_t attempts_max,
                           milliseconds window = std::chrono::minutes(1)) {
    const auto spent = Spend(subject, attempts_max, window);
    EXPECT_TRUE(spent.ok() && spent->allowed);
    return spent.ok() ? spent->window_end_ms : 0;
  }
  bool Exhausted(const core::UserKey& subject, int64_t attempts_max) {
    const auto spent = Spend(subject, attempts_max);
    EXPECT_TRUE(spent.ok());
    return spent.ok() && !spent->allowed;
  }
  void Return(const core::UserKey& subject, core::InstantMs window_end_ms) {
    EXPECT_TRUE(Await(store_->attempts().Return(subject, window_end_ms, Soon())).ok());
  }
};
TESSERA_CONTRACT(AttemptContract);

TEST_P(AttemptContract, AllowsAsManyAsTheLimit) {
  const core::InstantMs before = Now();
  std::set<core::InstantMs> ends;
  for (int i = 0; i < 5; ++i) ends.insert(SpendOne(User(1), 5));
  EXPECT_EQ(ends.size(), 1u) << "one window, from the first of them";
  EXPECT_GE(*ends.begin(), before + 60'000);
  EXPECT_LE(*ends.begin(), Now() + 60'000);
  for (int i = 0; i < 3; ++i) {
    const auto refused = Spend(User(1), 5);
    ASSERT_TRUE(refused.ok());
    EXPECT_FALSE(refused->allowed);
    EXPECT_EQ(refused->window_end_ms, *ends.begin());
    EXPECT_GT(refused->window_left, milliseconds(0));
    EXPECT_LE(refused->window_left, std::chrono::minutes(1));
  }
}

TEST_P(AttemptContract, CountsEachSubjectByItself) {
  SpendOne(User(1), 1);
  EXPECT_TRUE(Exhausted(User(1), 1));
  SpendOne(User(2), 1);
  SpendOne(UserBeside(1), 1);
  EXPECT_TRUE(Exhausted(User(1), 1));
}

TEST_P(AttemptContract, BeginsAnewAfterTheWindow) {
  const core::InstantMs first = SpendOne(User(1), 1, milliseconds(400));
  EXPECT_TRUE(Exhausted(User(1), 1));
  store_->WaitUntil(first + 5);
  const core::InstantMs second = SpendOne(User(1), 1);
  EXPECT_GT(second, first);
  EXPECT_TRUE(Exhausted(User(1), 1));
}

TEST_P(AttemptContract, ALimitThatWasChangedCountsAtOnce) {
  for (int i = 0; i < 3; ++i) SpendOne(User(1), 3);
  EXPECT_TRUE(Exhausted(User(1), 2));
  SpendOne(User(1), 4);
  EXPECT_TRUE(Exhausted(User(1), 4));
}

TEST_P(AttemptContract, OneThatIsGivenBackIsLeftAgain) {
  const core::InstantMs window = SpendOne(User(1), 2);
  SpendOne(User(1), 2);
  EXPECT_TRUE(Exhausted(User(1), 2));
  Return(User(1), window);
  SpendOne(User(1), 2);
  EXPECT_TRUE(Exhausted(User(1), 2)) << "one was given back, not all";
}

TEST_P(AttemptContract, NoMoreIsGivenBackThanWasSpent) {
  const core::InstantMs window = SpendOne(User(1), 2);
  for (int i = 0; i < 3; ++i) Return(User(1), window);
  SpendOne(User(1), 2);
  SpendOne(User(1), 2);
  EXPECT_TRUE(Exhausted(User(1), 2));
}

TEST_P(AttemptContract, OnlyTheSameWindowTakesOneBack) {
  Return(User(1), Now() + 1'000);  // nothing was ever spent
  const core::InstantMs first = SpendOne(User(1), 1, milliseconds(300));
  store_->WaitUntil(first + 5);
  Return(User(1), first);
  SpendOne(User(1), 1);
  Return(User(1), first);
  EXPECT_TRUE(Exhausted(User(1), 1));
}

TEST_P(AttemptContract, PastItsDeadlineNothingIsSpent) {
  storage::AttemptLimit limit;
  limit.attempts_max = 1;
  limit.window = std::chrono::minutes(1);
  const auto late = Await(store_->attempts().Spend(User(1), limit, Past()));
  EXPECT_THAT(late, Refuses(core::Reason::kDeadlinePassed));
  SpendOne(User(1), 1);
}

}  // namespace
}  // namespace tessera::contract
