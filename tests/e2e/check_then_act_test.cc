// The judge of the overrun test, tested: it must catch a service that looks at a limit first and spends it
// afterwards, and must acquit the same service when nobody comes in between.

#include <gtest/gtest.h>

#include <memory>
#include <mutex>

#include "tests/e2e/overrun_judge.h"
#include "tests/e2e/trials.h"
#include "tests/support/redis_server.h"

namespace tessera::e2e {
namespace {

// Issues coupons as one must not: what it decides by is read in one round trip and changed in another.
class CheckThenActIssuer {
 public:
  explicit CheckThenActIssuer(const Rush& rush) : rush_(rush) {
    for (int i = 0; i < rush.connections; ++i)
      connections_.push_back(std::make_unique<testing::BlockingRedis>(redis_.unix_address()));
  }

  Answer Claim(int campaign, int user, int worker) {
    testing::BlockingRedis& redis = *connections_[static_cast<size_t>(worker)];
    const std::string issued_key = "issued:" + std::to_string(campaign);
    const std::string user_key = "user:" + std::to_string(campaign) + ":" + std::to_string(user);
    if (Count(redis, user_key) >= Rush::LimitPerUser(campaign)) return {"", "USER_QUOTA"};
    if (Count(redis, issued_key) >= rush_.stock) return {"", "STOCK"};
    redis.Command({"INCR", user_key});
    return {std::to_string(campaign) + "-" + redis.Command({"INCR", issued_key}), ""};
  }

 private:
  static int64_t Count(testing::BlockingRedis& redis, const std::string& key) {
    const std::string text = redis.Command({"GET", key});
    return text == "(nil)" ? 0 : std::stoll(text);
  }

  const Rush rush_;
  testing::RedisServer redis_;
  std::vector<std::unique_ptr<testing::BlockingRedis>> connections_;
};

const Rush& TheRush() {
  static const Rush rush = Full() ? Rush{50, 1000, 1500, 20, 64} : Rush{4, 60, 90, 5, 16};
  return rush;
}

bool Mentions(const std::vector<std::string>& breaches, const std::string& what) {
  for (const std::string& breach : breaches) {
    if (breach.find(what) != std::string::npos) return true;
  }
  return false;
}

TEST(CheckThenActTest, IsCaughtByTheJudge) {
  CheckThenActIssuer broken(TheRush());
  const std::vector<std::string> breaches =
      JudgeRush(TheRush(), RunRush(TheRush(), [&](int campaign, int user, int worker) {
                  return broken.Claim(campaign, user, worker);
                }));
  for (const std::string& breach : breaches) std::printf("%s\n", breach.c_str());
  EXPECT_TRUE(Mentions(breaches, ": issued: ")) << "more than the stock was issued, unnoticed";
  EXPECT_TRUE(Mentions(breaches, ": issued to one user: ")) << "more than the quota was issued, unnoticed";
  PrintTrials("overrun claims of a check-then-act variant", TheRush().claims());
}

TEST(CheckThenActTest, IsAcquittedWhenOnlyOneActsAtATime) {
  CheckThenActIssuer issuer(TheRush());
  std::mutex alone;
  const std::vector<Tally> tallies = RunRush(TheRush(), [&](int campaign, int user, int worker) {
    const std::lock_guard lock(alone);
    return issuer.Claim(campaign, user, worker);
  });
  EXPECT_EQ(JudgeRush(TheRush(), tallies), std::vector<std::string>());
}

}  // namespace
}  // namespace tessera::e2e
