// Redis dies as if its machine had lost its power: it is killed, and whatever was not synced to disk is gone.
// What a service acknowledged under the promise `fsync` is there afterwards. Under `everysec` some of it is
// not, which shows that this test can see a loss.

#include <gtest/gtest.h>

#include <random>

#include "tests/e2e/background_load.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using std::chrono::milliseconds;
using testing::RedisDurability;

testing::DeploymentOptions Options(RedisDurability durability) {
  testing::DeploymentOptions options;
  options.durability = durability;
  options.note_syncs = true;
  options.buckets = kFewBuckets;
  options.log_level = "warning";
  return options;
}

class RedisKiller {
 public:
  explicit RedisKiller(RedisDurability durability) : deployment_(Options(durability)), client_(deployment_) {
    client_.Open("load", load::PlainDefinition("Load"));
    pb::CampaignDefinition scarce = load::PlainDefinition("Scarce");
    scarce.mutable_limits()->set_stock_total(stock());
    client_.Open("scarce", scarce);
    // Under `everysec` the campaigns themselves could be lost.
    std::this_thread::sleep_for(milliseconds(2000));
  }

  // Kills Redis at random moments, when the services are at work again.
  void KillAgainAndAgain(BackgroundLoad& load) {
    std::mt19937 random(static_cast<unsigned>(kills_) + 11);
    for (int64_t i = 0; i < kills_; ++i) {
      load.WaitForMore(20);
      std::this_thread::sleep_for(milliseconds(random() % 200));
      bytes_dropped_ += deployment_.redis().Kill9DroppingUnsynced();
      deployment_.redis().Start();
    }
    load.WaitForMore(20);
  }

  void Print(const char* promise, int64_t acknowledged, int64_t lost) {
    std::printf("%s: %lld effects acknowledged, %lld of them lost, %llu bytes dropped\n", promise,
                static_cast<long long>(acknowledged), static_cast<long long>(lost),
                static_cast<unsigned long long>(bytes_dropped_));
    PrintTrials((std::string("kill -9 of Redis without what was not synced, ") + promise).c_str(), kills_);
  }

  testing::Deployment& deployment() { return deployment_; }
  TesseraClient& client() { return client_; }
  int64_t stock() const { return kStockPerKill * kills_; }
  uint64_t bytes_dropped() const { return bytes_dropped_; }

 private:
  static constexpr int64_t kStockPerKill = 80;
  const int64_t kills_ = Trials(3, 50);
  uint64_t bytes_dropped_ = 0;
  testing::Deployment deployment_;
  TesseraClient client_;
};

std::string CountsOf(pb::CampaignStats stats) {
  stats.clear_as_of_lag();
  return stats.ShortDebugString();
}

TEST(RedisDeathTest, LosesNothingThatWasAcknowledgedUnderFsync) {
  RedisKiller killer(RedisDurability::kFsync);
  BackgroundLoad load(killer.deployment(), "load", 12);
  BackgroundLoad scarce(killer.deployment(), "scarce", 4, milliseconds(10));
  load.Start();
  scarce.Start();
  killer.KillAgainAndAgain(load);
  load.Stop();
  scarce.StopWhenSoldOut();
  killer.Print("fsync", load.acknowledged() + scarce.acknowledged(), load.CountLost() + scarce.CountLost());
  load.ExpectNothingLost(killer.client());
  scarce.ExpectSold(killer.client(), killer.stock());
  // The sums, counted through all the kills, are those of the whole ledger.
  const std::string counted = CountsOf(killer.client().SettledStats("load"));
  LedgerView(killer.deployment()).DropSums();
  EXPECT_EQ(CountsOf(killer.client().SettledStats("load")), counted);
}

TEST(RedisDeathTest, LosesSomethingUnderEverysecOrIsVoid) {
  RedisKiller killer(RedisDurability::kEverysec);
  BackgroundLoad load(killer.deployment(), "load", 16);
  load.Start();
  killer.KillAgainAndAgain(load);
  load.Stop();
  const int64_t lost = load.CountLost();
  killer.Print("everysec", load.acknowledged(), lost);
  EXPECT_GT(killer.bytes_dropped(), 0u);
  EXPECT_GT(lost, 0) << "void: what was not synced to disk was not dropped";
}

}  // namespace
}  // namespace tessera::e2e
