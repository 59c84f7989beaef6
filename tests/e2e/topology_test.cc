// The services on a Redis Cluster and under Sentinel, while primaries change in agreement and slots move:
// what was acknowledged stays, a stock is sold to the last unit, and callers are told to try again at worst.

#include <gtest/gtest.h>

#include <random>

#include "redis/hash_slot.h"
#include "tests/e2e/background_load.h"
#include "tests/e2e/ledger_view.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using std::chrono::milliseconds;
using testing::RedisTopology;

testing::DeploymentOptions Options(RedisTopology topology) {
  testing::DeploymentOptions options;
  options.topology = topology;
  options.durability = testing::RedisDurability::kEverysec;
  options.buckets = kFewBuckets;
  options.log_level = "warning";
  return options;
}

// A campaign without limits and one with a stock, both under load.
class LoadedServices {
 public:
  LoadedServices(RedisTopology topology, int64_t stock, milliseconds pause)
      : deployment_(Options(topology)),
        client_(deployment_),
        stock_(stock),
        load_(deployment_, "load", 8, pause),
        scarce_(deployment_, "scarce", 4, pause) {
    client_.Open("load", load::PlainDefinition("Load"));
    pb::CampaignDefinition scarce = load::PlainDefinition("Scarce");
    scarce.mutable_limits()->set_stock_total(stock_);
    client_.Open("scarce", scarce);
    // Services hear of a new primary one after the other, and a primary whose writers are paused still
    // answers reads: a redeemer that is late may not find a coupon that was issued at the new primary.
    if (topology == RedisTopology::kSentinel) {
      load_.ClaimOnly();
      scarce_.ClaimOnly();
    }
    load_.Start();
    scarce_.Start();
  }

  testing::Deployment& deployment() { return deployment_; }
  void WaitForMore(int64_t claims) { load_.WaitForMore(claims); }

  void EndAndCheck() {
    load_.Stop();
    scarce_.StopWhenSoldOut();
    for (BackgroundLoad* load : {&load_, &scarce_}) {
      for (const auto& [label, count] : load->tried_again()) {
        std::printf("tried again %lld times: %s\n", static_cast<long long>(count), label.c_str());
        EXPECT_TRUE(label.starts_with("UNAVAILABLE")) << label;
      }
    }
    const int64_t acknowledged = load_.acknowledged() + scarce_.acknowledged();
    std::printf("%lld effects acknowledged\n", static_cast<long long>(acknowledged));
    load_.ExpectNothingLost(client_);
    scarce_.ExpectSold(client_, stock_);
  }

 private:
  testing::Deployment deployment_;
  TesseraClient client_;
  const int64_t stock_;
  BackgroundLoad load_;
  BackgroundLoad scarce_;
};

TEST(TopologyTest, RidesOutFailoversAndSlotMovesOfACluster) {
  const int64_t failovers = Trials(3, 20);
  const int64_t moves = Trials(2, 10);
  LoadedServices services(RedisTopology::kCluster, 200 * (failovers + moves), milliseconds(10));
  testing::RedisCluster& cluster = services.deployment().cluster();
  const LedgerView ledger(services.deployment());
  std::mt19937 random(static_cast<unsigned>(failovers) + 5);
  for (int64_t i = 0; i < std::max(failovers, moves); ++i) {
    if (i < failovers) {
      services.WaitForMore(50);
      cluster.Failover(static_cast<int>(i % testing::RedisCluster::kShards));
    }
    if (i < moves) {
      services.WaitForMore(50);
      const uint32_t partition = static_cast<uint32_t>(random()) % ledger.keys().shape().partitions;
      const int slot = redis::HashSlot(ledger.keys().Marker(partition));
      cluster.MoveSlot(slot, (cluster.ShardOf(slot) + 1) % testing::RedisCluster::kShards);
    }
  }
  services.WaitForMore(50);
  services.EndAndCheck();
  PrintTrials("coordinated failovers of a Cluster under load", failovers);
  PrintTrials("slot moves under load", moves);
}

TEST(TopologyTest, RidesOutFailoversUnderSentinel) {
  const int64_t failovers = Trials(1, 10);
  // The Sentinels take ten seconds for each.
  LoadedServices services(RedisTopology::kSentinel, 200 * failovers, milliseconds(40));
  for (int64_t i = 0; i < failovers; ++i) {
    services.WaitForMore(100);
    services.deployment().sentinel().CoordinatedFailover();
  }
  services.WaitForMore(50);
  services.EndAndCheck();
  PrintTrials("coordinated failovers under Sentinel under load", failovers);
}

}  // namespace
}  // namespace tessera::e2e
