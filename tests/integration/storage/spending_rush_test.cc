// Many orders want the last money of a budget, or one user's last use, at the same time.

#include "async/when_all.h"
#include "storage/redis/records.h"
#include "store_room.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::Reason;
using storage::Method;

constexpr uint32_t kUsers = 64;
constexpr int64_t kOff = 500;

class SpendingRushTest : public StoreRoom {
 protected:
  void SetUp() override { Open(ConfigFor(server_.unix_address()), {}, {.partitions = 16, .buckets = 64}); }

  std::string With(const std::function<void(core::UseLimits&)>& change) {
    core::CampaignDefinition definition = Definition();
    definition.offer.benefit = core::AmountOff{kOff};
    change(definition.use_limits);
    return Active(definition);
  }
  std::string WithBudget(int64_t minor, bool clips = false) {
    return With([minor, clips](core::UseLimits& limits) {
      limits.budget_total_minor = minor;
      limits.budget_clips = clips;
    });
  }
  storage::UseIntent IntentOf(core::CouponNumber coupon, uint32_t user, const std::string& order_id) {
    storage::UseIntent intent = Use(Method::kRedeemCoupons, coupon, order_id);
    intent.user = User(user);
    return intent;
  }
  // One order for each of the users, whose coupons are there already.
  std::vector<storage::UseIntent> OrdersOfAll(const std::string& campaign_id) {
    std::vector<storage::UseIntent> intents;
    for (uint32_t i = 0; i < kUsers; ++i) {
      intents.push_back(IntentOf(Coupon(campaign_id, i), i, "order-" + std::to_string(i)));
    }
    return intents;
  }

  async::Task<void> RedeemInto(storage::UseIntent intent,
                               std::optional<core::Result<storage::Redemption>>* out) {
    *out = co_await store_->redemptions().Redeem(std::move(intent));
  }
  // What all of them answer when they are sent at once. Who is told to try again does.
  std::vector<core::Result<storage::Redemption>> Rush(std::vector<storage::UseIntent> intents,
                                                      std::vector<async::Task<void>> besides = {}) {
    std::vector<std::optional<core::Result<storage::Redemption>>> answers(intents.size());
    std::vector<async::Task<void>> tasks;
    for (size_t i = 0; i < intents.size(); ++i) {
      tasks.push_back(RedeemInto(intents[i], &answers[i]));
      if (i < besides.size()) tasks.push_back(std::move(besides[i]));
    }
    Await(async::WhenAll(std::move(tasks)));
    std::vector<core::Result<storage::Redemption>> final_answers;
    for (size_t i = 0; i < intents.size(); ++i) {
      while (!answers[i]->ok() && answers[i]->error().reason == Reason::kContended) {
        Await(RedeemInto(intents[i], &answers[i]));
      }
      final_answers.push_back(std::move(*answers[i]));
    }
    return final_answers;
  }
  static int64_t SumOf(const std::vector<core::Result<storage::Redemption>>& answers, Reason refusal) {
    int64_t sum = 0;
    for (const auto& answer : answers) {
      if (answer.ok()) sum += answer->discount_minor;
      if (!answer.ok()) {
        EXPECT_THAT(answer, Refuses(refusal));
      }
    }
    return sum;
  }

  testing::RedisServer server_;
};

TEST_F(SpendingRushTest, ABudgetIsSpentAsFarAsWholeDiscountsGo) {
  const int64_t rounds = testing::Trials(3, 50);
  for (int64_t round = 0; round < rounds; ++round) {
    const std::string id = WithBudget(20 * kOff + 499);
    EXPECT_EQ(SumOf(Rush(OrdersOfAll(id)), Reason::kBudget), 20 * kOff);
    EXPECT_EQ(Totals(id).discount_minor, 20 * kOff);
  }
  ExpectVerified();
  testing::PrintTrials("64 orders on one budget, rounds", rounds);
}

TEST_F(SpendingRushTest, ABudgetThatClipsIsSpentToTheLastCent) {
  const int64_t rounds = testing::Trials(3, 50);
  for (int64_t round = 0; round < rounds; ++round) {
    const std::string id = WithBudget(20 * kOff + 123, true);
    EXPECT_EQ(SumOf(Rush(OrdersOfAll(id)), Reason::kBudget), 20 * kOff + 123);
  }
  ExpectVerified();
  testing::PrintTrials("64 orders on one budget that clips, rounds", rounds);
}

TEST_F(SpendingRushTest, ADaysBudgetIsExactToo) {
  const std::string id = With([](core::UseLimits& limits) {
    limits.budget_per_day_minor = 10 * kOff;
    limits.budget_total_minor = 50 * kOff;
  });
  EXPECT_EQ(SumOf(Rush(OrdersOfAll(id)), Reason::kBudgetPerDay), 10 * kOff);
  ExpectVerified();
}

TEST_F(SpendingRushTest, WhatRollbacksGiveBackIsSpentAgainAndNoMore) {
  const std::string id = WithBudget(20 * kOff);
  const auto first = Rush(OrdersOfAll(id));
  for (const auto& answer : first) {
    if (answer.ok()) {
      EXPECT_THAT(Rollback(answer->ref), Succeeds());
    }
  }
  EXPECT_EQ(Totals(id).discount_minor, 0);
  EXPECT_EQ(SumOf(Rush(OrdersOfAll(id)), Reason::kBudget), 20 * kOff);
  ExpectVerified();
}

TEST_F(SpendingRushTest, OneUsersUsesAreExact) {
  const int64_t rounds = testing::Trials(3, 50);
  for (int64_t round = 0; round < rounds; ++round) {
    const std::string id = With([](core::UseLimits& limits) { limits.uses_per_user_total = 10; });
    std::vector<storage::UseIntent> intents;
    for (uint32_t i = 0; i < kUsers; ++i) {
      intents.push_back(IntentOf(Coupon(id, 1), 1, "order-" + std::to_string(i)));
    }
    EXPECT_EQ(SumOf(Rush(std::move(intents)), Reason::kUseQuota), 10 * kOff);
  }
  testing::PrintTrials("64 orders of a user who may use 10 coupons, rounds", rounds);
}

// The judge itself: a home that forgets what it has leased lets more be spent than there is, and a wallet
// that forgets its uses lets a user use more.
class ForgetfulLimitsTest : public SpendingRushTest {
 protected:
  async::Task<void> Repeat(std::vector<std::string> words, int64_t times) {
    redis::Client& client = redis_->store().client();
    for (int64_t i = 0; i < times; ++i) {
      redis::Command command(words.front());
      command.Key(words[1]);
      for (size_t at = 2; at < words.size(); ++at) command.Arg(words[at]);
      co_await client.Execute(std::move(command), Soon());
    }
  }
};

TEST_F(ForgetfulLimitsTest, ABudgetIsCaught) {
  const std::string id = WithBudget(20 * kOff);
  std::vector<async::Task<void>> saboteur;
  saboteur.push_back(Repeat({"DEL", redis_->keys().LimitBooks(id, storage::LimitKind::kBudget, 0)}, 400));
  EXPECT_GT(SumOf(Rush(OrdersOfAll(id), std::move(saboteur)), Reason::kBudget), 20 * kOff);
}

TEST_F(ForgetfulLimitsTest, AUsersUsesAreCaught) {
  const std::string id = With([](core::UseLimits& limits) { limits.uses_per_user_total = 10; });
  std::vector<storage::UseIntent> intents;
  for (uint32_t i = 0; i < kUsers; ++i) {
    intents.push_back(IntentOf(Coupon(id, 1), 1, "order-" + std::to_string(i)));
  }
  const core::UserKey user = User(1);
  const core::Shape& shape = store_->shape();
  const std::string wallet = redis_->keys().Wallet(user.partition(shape), user.bucket(shape));
  const std::string uses = std::string(user.view()) + storage::PackNumber(Get(id).number.value, 4) + "u";
  std::vector<async::Task<void>> saboteur;
  for (uint32_t i = 0; i < kUsers; ++i) saboteur.push_back(Repeat({"HDEL", wallet, uses}, 10));
  EXPECT_GT(SumOf(Rush(std::move(intents), std::move(saboteur)), Reason::kUseQuota), 10 * kOff);
}

}  // namespace
}  // namespace tessera::contract
