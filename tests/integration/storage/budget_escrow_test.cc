// A budget is spent in amounts from all partitions at once: never over, and nobody is refused what is left.

#include <algorithm>
#include <charconv>

#include "spending_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using storage::Limit;
using storage::LimitKind;

constexpr uint32_t kPartitions = 16;
constexpr uint32_t kSpenders = 64;

class BudgetEscrowTest : public SpendingRoom {
 protected:
  void SetUp() override { OpenRoom(kPartitions); }

  int64_t Random(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random_);
  }

  // What a spender does: `calls` amounts of 1 to `amount_max` each.
  struct Habit {
    int calls = 1;
    int64_t amount_max = 1;
    bool halves = false;      // what is refused is asked for by halves, down to 1
    bool clips = false;       // takes what is left
    bool gives_back = false;  // every third amount; every sixth time it dies before the home hears
  };
  async::Task<void> SpendOn(uint32_t spender, Limit limit, Habit habit) {
    Process* process = &processes_[spender / (kSpenders / 4)];
    for (int i = 0; i < habit.calls; ++i) {
      const auto partition = static_cast<uint32_t>(Random(0, kPartitions - 1));
      Call call = co_await Spend(process, limit, partition, Random(1, habit.amount_max), habit.clips);
      while (habit.halves && call.refused && call.amount > 1) {
        call = co_await Spend(process, limit, partition, call.amount / 2);
      }
      if (!call.spent || !habit.gives_back || i % 3 != 0) continue;
      EXPECT_TRUE(co_await GiveBack(process, limit, partition, call.amount, i % 6 == 0));
      returned_ += call.amount;
    }
  }
  async::Task<void> SpendAside(Limit limit, int64_t amount) {
    co_await Spend(&processes_[0], std::move(limit), 5, amount);
  }
  // All of them at once; what they were answered is in calls_.
  void SpendAll(const Limit& limit, Habit habit) {
    const int64_t used_before = Used(limit);
    calls_.clear();
    returned_ = 0;
    std::vector<async::Task<void>> tasks;
    for (uint32_t spender = 0; spender < kSpenders; ++spender) {
      tasks.push_back(SpendOn(spender, limit, habit));
    }
    Await(async::WhenAll(std::move(tasks)));
    EXPECT_EQ(Used(limit) - used_before, Spent() - returned_) << "what was answered is what was done";
  }
  int64_t CountOf(bool Call::* answer) const {
    return std::count_if(calls_.begin(), calls_.end(), [&](const Call& call) { return call.*answer; });
  }
  int64_t Unlucky() const {
    return static_cast<int64_t>(calls_.size()) - CountOf(&Call::spent) - CountOf(&Call::refused);
  }

  int64_t returned_ = 0;
};

TEST_F(BudgetEscrowTest, NeverOverAndNobodyIsRefusedWhatIsLeft) {
  const int64_t trials = testing::Trials(5, 100);
  int64_t refused = 0, unlucky = 0;
  for (int64_t trial = 0; trial < trials; ++trial) {
    const int64_t cap = Random(500, 20'000);
    const Limit limit = LimitOf(Active(), cap);
    SpendAll(limit, {.calls = 8, .amount_max = cap / (trial % 2 == 0 ? 100 : 4)});
    EXPECT_LE(Spent(), cap) << "trial " << trial;
    int64_t smallest = cap + 1;
    for (const Call& call : calls_) smallest = call.refused ? std::min(smallest, call.amount) : smallest;
    EXPECT_LT(cap - Spent(), smallest) << "trial " << trial;
    EXPECT_EQ(UnjustifiedRefusals(cap), 0) << "trial " << trial;
    refused += CountOf(&Call::refused);
    unlucky += Unlucky();
  }
  EXPECT_GT(refused, 0);
  std::printf("refused %lld, told to try again %lld\n", static_cast<long long>(refused),
              static_cast<long long>(unlucky));
  testing::PrintTrials("64 spenders of random amounts on one budget", trials);
}

TEST_F(BudgetEscrowTest, WhoAsksForLessAndLessSpendsItToTheLastUnit) {
  const int64_t trials = testing::Trials(5, 100);
  for (int64_t trial = 0; trial < trials; ++trial) {
    const int64_t cap = Random(100, 5'000);
    const Limit limit = LimitOf(Active(), cap);
    SpendAll(limit, {.calls = 4, .amount_max = cap / 20, .halves = true});
    EXPECT_EQ(Spent(), cap) << "trial " << trial;
    EXPECT_EQ(UnjustifiedRefusals(cap), 0) << "trial " << trial;
  }
  testing::PrintTrials("64 spenders who ask for less and less of one budget", trials);
}

TEST_F(BudgetEscrowTest, WhoTakesWhatIsLeftSpendsItToTheLastUnit) {
  const int64_t trials = testing::Trials(5, 100);
  for (int64_t trial = 0; trial < trials; ++trial) {
    const int64_t cap = Random(100, 5'000);
    const Limit limit = LimitOf(Active(), cap);
    SpendAll(limit, {.calls = 2, .amount_max = cap / 20, .clips = true});
    EXPECT_EQ(Spent(), cap) << "trial " << trial;
  }
  testing::PrintTrials("64 spenders who take what is left of one budget", trials);
}

TEST_F(BudgetEscrowTest, WhatComesBackIsSpentAgainWhoeverDied) {
  const int64_t trials = testing::Trials(5, 100);
  for (int64_t trial = 0; trial < trials; ++trial) {
    const int64_t cap = Random(500, 5'000);
    const Limit limit = LimitOf(Active(), cap);
    SpendAll(limit, {.calls = 12, .amount_max = cap / 50, .gives_back = true});
    const int64_t before = Spent() - returned_;
    EXPECT_LE(before, cap) << "trial " << trial;
    Sweep();
    SpendAll(limit, {.calls = 8, .amount_max = cap / 20, .clips = true});
    EXPECT_EQ(before + Spent(), cap) << "trial " << trial;
    EXPECT_EQ(Book(limit, "pool"), "0") << "trial " << trial;
  }
  testing::PrintTrials("64 spenders who give a third of it back, and die over it", trials);
}

// 4 are left, 3 of them at hand for who needs 5: he neither loses them while he fetches the rest, nor waits
// for ever. Who needs less is served.
TEST_F(BudgetEscrowTest, WhoNeedsMoreThanIsLeftIsToldHowMuchThatIs) {
  const Limit limit = LimitOf(Active(), 104);
  Process* process = &processes_[0];
  EXPECT_TRUE(Await(Spend(process, limit, 3, 1)).spent);  // of a block of 4
  EXPECT_TRUE(Await(Spend(process, limit, 4, 99)).spent);
  EXPECT_EQ(Book(limit, "pool"), "1");
  const Call refused = Await(Spend(process, limit, 3, 5));
  EXPECT_TRUE(refused.refused);
  EXPECT_EQ(refused.left, 4);
  EXPECT_EQ(Book(limit, "dry"), "1");
  EXPECT_TRUE(Await(Spend(&processes_[1], limit, 8, 3)).spent);
  EXPECT_EQ(Book(limit, "dry"), "0");
  EXPECT_EQ(Await(Spend(process, limit, 3, 2)).left, 1);
  EXPECT_TRUE(Await(Spend(process, limit, 12, 1)).spent);
  EXPECT_EQ(Await(Spend(process, limit, 3, 1)).left, 0);
}

// Together they need more than is left: that refuses none whom the rest would still serve.
TEST_F(BudgetEscrowTest, ASumThatIsTooMuchRefusesNobody) {
  const Limit limit = LimitOf(Active(), 10);
  std::vector<async::Task<void>> tasks;
  for (const int64_t amount : {9, 4, 3, 3}) {
    tasks.push_back(SpendAside(limit, amount));
  }
  Await(async::WhenAll(std::move(tasks)));
  EXPECT_EQ(Spent(), CountOf(&Call::spent) == 1 ? 9 : 10);
  EXPECT_EQ(UnjustifiedRefusals(10), 0);
}

TEST_F(BudgetEscrowTest, ADaysUnitsLapseWithIt) {
  const std::string campaign = Active();
  const core::InstantMs now = Now();
  const Limit first = LimitOf(campaign, 10, LimitKind::kBudgetPerDay, {now - 1'000, now + 60'000});
  const Limit next = LimitOf(campaign, 10, LimitKind::kBudgetPerDay, {now, now + 60'000});
  Process* process = &processes_[0];
  EXPECT_TRUE(Await(Spend(process, first, 1, 10)).spent);
  EXPECT_TRUE(Await(GiveBack(process, first, 1, 4, true)));
  const std::string owed = storage::OwedName({Get(campaign).number, first.kind, first.window});
  EXPECT_EQ(server_.redis().List({"SMEMBERS", redis_->keys().Owed(1)}), std::vector<std::string>{owed});
  EXPECT_EQ(Await(store_->sweeper().SweepTransfers(1, Soon()))->transfers_credited, 1);
  EXPECT_EQ(server_.Command({"SCARD", redis_->keys().Owed(1)}), "0");
  EXPECT_EQ(Book(first, "pool"), "4");
  EXPECT_TRUE(Await(Spend(process, first, 2, 4)).spent);
  // The next day begins in one partition: nothing of the first is spent there any more, or comes back.
  EXPECT_TRUE(Await(Spend(process, next, 1, 10)).spent);
  EXPECT_FALSE(Await(GiveBack(process, first, 1, 6, false)));
  const auto late = Await(process->backend.Call(SpendCommand(first, 1, 0, 1), Soon()));
  EXPECT_EQ((*late)[0].text(), "OVER");
  EXPECT_TRUE(Await(Spend(process, first, 2, 1)).refused);
  // Elsewhere it may still, and counts for its own day.
  EXPECT_TRUE(Await(GiveBack(process, first, 2, 4, false)));
  EXPECT_EQ(Book(first, "pool"), "4");
  EXPECT_TRUE(Await(Spend(process, next, 2, 1)).refused);
  EXPECT_EQ(Used(next), 10);
}

TEST_F(BudgetEscrowTest, NamesOfOwedLimitsAreReadBack) {
  for (const LimitKind kind :
       {LimitKind::kStock, LimitKind::kStockPerDay, LimitKind::kBudget, LimitKind::kBudgetPerDay}) {
    const storage::OwedLimit owed{{7}, kind, storage::CountsDays(kind) ? 1'716'163'200'000 : 0};
    EXPECT_EQ(storage::OpenOwedName(storage::OwedName(owed)), owed);
  }
  EXPECT_EQ(storage::OwedName({{7}, LimitKind::kStock, 0}), "7:0");
  EXPECT_EQ(storage::OwedName({{7}, LimitKind::kBudgetPerDay, 5}), "7:b5");
  for (const char* name : {"", "7", ":0", "7:", "7:b", "7:c0", "7:0x", "7:-1"}) {
    EXPECT_EQ(storage::OpenOwedName(name), std::nullopt) << name;
  }
}

// The judge itself: budgets kept in other ways are caught.
class OtherBudgetTest : public BudgetEscrowTest {
 protected:
  async::Task<int64_t> NumberAt(Process* process, std::string key, const char* field) {
    redis::Command read("HGET");
    read.ReadOnly().Key(key).Arg(field);
    const auto reply = co_await process->backend.Call(std::move(read), Soon());
    int64_t number = 0;
    const std::string_view text = reply->text();
    std::from_chars(text.data(), text.data() + text.size(), number);
    co_return number;
  }
  // One counter, read and then written.
  async::Task<void> CheckThenAct(Process* process, std::string key, int64_t cap, int64_t amount) {
    Call call;
    call.amount = amount;
    call.begin = ++clock_;
    call.spent = co_await NumberAt(process, key, "spent") + amount <= cap;
    call.refused = !call.spent;
    redis::Command add("HINCRBY");
    add.Key(key).Arg("spent").Arg(amount);
    if (call.spent) co_await process->backend.Call(std::move(add), Soon());
    call.end = ++clock_;
    calls_.push_back(call);
  }
  // Refuses when the pool at home has too little, wherever else there is some.
  async::Task<void> RefuseByPool(Process* process, Limit limit, uint32_t partition, int64_t amount) {
    const std::string books =
        redis_->keys().LimitBooks(limit.campaign->campaign.id, limit.kind, limit.window);
    Call call;
    call.amount = amount;
    call.begin = ++clock_;
    call.left = co_await NumberAt(process, books, "pool");
    call.refused = call.left < amount;
    call.end = ++clock_;
    if (call.refused) calls_.push_back(call);
    if (!call.refused) co_await Spend(process, std::move(limit), partition, amount);
  }
};

TEST_F(OtherBudgetTest, CheckThenActIsCaught) {
  const int64_t cap = 1'000;
  const std::string key = redis_->keys().LimitBooks("other", LimitKind::kBudget, 0);
  std::vector<async::Task<void>> tasks;
  for (uint32_t i = 0; i < kSpenders; ++i) {
    tasks.push_back(CheckThenAct(&processes_[i % 4], key, cap, Random(1, 100)));
  }
  Await(async::WhenAll(std::move(tasks)));
  EXPECT_GT(Spent(), cap);
}

TEST_F(OtherBudgetTest, RefusingByThePoolIsCaught) {
  const Limit limit = LimitOf(Active(), 1'000);
  for (uint32_t i = 0; i < 400; ++i) {
    Await(RefuseByPool(&processes_[i % 4], limit, i % kPartitions, Random(1, 20)));
  }
  EXPECT_GT(UnjustifiedRefusals(1'000), 0);
}

}  // namespace
}  // namespace tessera::contract
