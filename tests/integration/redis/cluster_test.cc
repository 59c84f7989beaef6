// The client against a real Redis Cluster: it must find every key while slots move and primaries change.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "redis/hash_slot.h"
#include "tests/integration/redis/client_harness.h"
#include "tests/support/redis_cluster.h"

namespace tessera::redis {
namespace {

using testing::RedisCluster;

Config ClusterConfig(const RedisCluster& cluster) {
  Config config;
  config.topology = TopologyKind::kCluster;
  config.addresses = cluster.addresses();
  return config;
}

struct Load {
  std::map<std::string, int64_t> acknowledged;  // by key
  std::map<std::string, int64_t> unknown;
  int64_t calls = 0;
  int64_t longest_ms = 0;
  std::vector<std::string> failures;
  bool stop = false;
  int running = 0;
};

std::string KeyOf(int number) { return "{t" + std::to_string(number) + "}:count"; }

async::Task<void> Increment(Client& client, int first, int count, Load* load) {
  ++load->running;
  for (int i = 0; !load->stop; ++i) {
    const std::string key = KeyOf(first + i % count);
    const async::Deadline begin = async::Clock::now();
    const Result<Reply> reply =
        co_await client.Execute(Command("INCR").Key(key), async::After(milliseconds(5000)));
    const auto took = std::chrono::duration_cast<milliseconds>(async::Clock::now() - begin).count();
    load->longest_ms = std::max<int64_t>(load->longest_ms, took);
    ++load->calls;
    if (reply.ok()) {
      ++load->acknowledged[key];
    } else {
      if (reply.error().OutcomeUnknown()) ++load->unknown[key];
      load->failures.push_back(std::string(Name(reply.error().kind)) + ": " + reply.error().text);
    }
  }
  --load->running;
}

// Runs `disturb` in another thread while the client counts, and checks that every counter is what was
// acknowledged.
void CountWhile(ClientHarness& harness, Load* totals, const std::function<void()>& disturb) {
  Load& load = *totals;
  const auto begin = async::Clock::now();
  load.stop = false;
  for (int i = 0; i < 32; ++i) harness.loop().Spawn(Increment(harness.client(), i * 8, 8, &load));
  std::thread disturber([&] {
    disturb();
    harness.loop().Post([&load] { load.stop = true; });
  });
  auto wait = [](Load* all) -> async::Task<void> {
    do {
      co_await async::Sleep(milliseconds(10));
    } while (!all->stop || all->running > 0);
  };
  harness.Run(wait(&load));
  const auto took = std::chrono::duration_cast<milliseconds>(async::Clock::now() - begin).count();
  disturber.join();
  for (int i = 0; i < 256; ++i) {
    const std::string key = KeyOf(i);
    const Result<Reply> value = harness.Execute(Command("GET").ReadOnly().Key(key));
    EXPECT_TRUE(value.ok()) << value.error().text;
    if (!value.ok()) continue;
    const int64_t count = value->is_nil() ? 0 : value->value().Number().value();
    EXPECT_GE(count, load.acknowledged[key]) << key;
    EXPECT_LE(count, load.acknowledged[key] + load.unknown[key]) << key;
  }
  std::printf("%lld calls in all, %zu failures, the longest took %lld ms; %lld ms\n",
              static_cast<long long>(load.calls), load.failures.size(),
              static_cast<long long>(load.longest_ms), static_cast<long long>(took));
}

TEST(Cluster, FindsEverySlotAndSurvivesMovesAndFailovers) {
  RedisCluster cluster;
  ClientHarness harness(ClusterConfig(cluster));
  const Result<void> started = harness.Start();
  ASSERT_TRUE(started.ok()) << started.error().text;
  EXPECT_EQ(harness.client().Primaries().size(), 3u);

  Command ping("PING");
  const auto pongs =
      harness.Run(harness.client().ExecuteOnEachPrimary(ping, async::After(milliseconds(1000))));
  ASSERT_EQ(pongs.size(), 3u);
  for (const auto& pong : pongs) EXPECT_TRUE(pong.ok());

  Load load;
  CountWhile(harness, &load, [&] {
    for (int i = 0; i < 48; ++i) cluster.MoveSlot(HashSlot(KeyOf(i)), i / 16);
  });
  EXPECT_TRUE(load.failures.empty()) << load.failures.front();

  CountWhile(harness, &load, [&] { cluster.FailoverAll(); });
  EXPECT_TRUE(load.failures.empty()) << load.failures.front();
}

TEST(Cluster, FollowsAskAndWaitsOutTryAgain) {
  RedisCluster cluster;
  ClientHarness harness(ClusterConfig(cluster));
  ASSERT_TRUE(harness.Start().ok());
  const int slot = HashSlot("{ask}a");
  for (const char* key : {"{ask}a", "{ask}b"})
    ASSERT_TRUE(harness.Execute(Command("SET").Key(key).Arg("1")).ok());
  const int to = (cluster.ShardOf(slot) + 1) % RedisCluster::kShards;
  cluster.BeginMove(slot, to);
  cluster.MoveKeys(slot, to, 1);
  // Each key is found, wherever it is now.
  for (const char* key : {"{ask}a", "{ask}b"}) {
    const Result<Reply> value = harness.Execute(Command("INCR").Key(key));
    ASSERT_TRUE(value.ok()) << value.error().text;
    EXPECT_EQ(value->integer(), 2);
  }
  // Both together are refused until the move has ended, which the caller's deadline allows for or does not.
  Command both("MGET");
  both.ReadOnly().Key("{ask}a").Key("{ask}b");
  const Result<Reply> early = harness.Execute(both, 1000);
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().kind, ErrorKind::kTryAgain) << early.error().text;
  std::thread mover([&] {
    std::this_thread::sleep_for(milliseconds(100));
    cluster.MoveKeys(slot, to, 10);
    cluster.EndMove(slot, to);
  });
  const Result<Reply> late = harness.Execute(both, 5000);
  mover.join();
  ASSERT_TRUE(late.ok()) << late.error().text;
  EXPECT_EQ(late->ToString(), "[\"2\", \"2\"]");
}

TEST(Cluster, GoesOnAfterAPrimaryDied) {
  RedisCluster cluster;
  ClientHarness harness(ClusterConfig(cluster));
  ASSERT_TRUE(harness.Start().ok());
  const std::string key = "{dies}k";
  ASSERT_TRUE(harness.Execute(Command("SET").Key(key).Arg("1")).ok());
  const int shard = cluster.ShardOf(HashSlot(key));
  cluster.KillPrimary(shard);
  const auto begin = async::Clock::now();
  Result<Reply> value = harness.Execute(Command("INCR").Key(key), 2000);
  while (!value.ok() && async::Clock::now() - begin < std::chrono::seconds(5)) {
    EXPECT_FALSE(value.error().OutcomeUnknown()) << value.error().text;
    value = harness.Execute(Command("INCR").Key(key), 2000);
  }
  EXPECT_TRUE(value.ok()) << value.error().text;
  const auto took = std::chrono::duration_cast<milliseconds>(async::Clock::now() - begin).count();
  std::printf("the new primary was found after %lld ms\n", static_cast<long long>(took));
  EXPECT_LT(took, 1000);
}

}  // namespace
}  // namespace tessera::redis
