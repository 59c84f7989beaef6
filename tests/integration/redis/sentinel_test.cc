// The client against a real primary, its replicas and its Sentinels.
#include <gtest/gtest.h>

#include "tests/integration/redis/client_harness.h"
#include "tests/support/redis_sentinel.h"

namespace tessera::redis {
namespace {

using testing::RedisSentinel;

TEST(Sentinel, FollowsThePrimaryThroughFailoverAndDeath) {
  RedisSentinel sentinel;
  Config config;
  config.topology = TopologyKind::kSentinel;
  config.addresses = sentinel.addresses();
  ClientHarness harness(config);
  const Result<void> started = harness.Start();
  ASSERT_TRUE(started.ok()) << started.error().text;
  ASSERT_TRUE(harness.Execute(Command("SET").Key("k").Arg("1")).ok());
  EXPECT_EQ(sentinel.primary().Command({"GET", "k"}), "1");

  for (const bool dies : {false, true}) {
    const uint16_t before = sentinel.primary().port();
    ASSERT_EQ(harness.client().Primaries().front()->endpoint().port, before);
    if (dies) {
      sentinel.KillPrimary();
    } else {
      sentinel.Failover();
    }
    ASSERT_NE(sentinel.primary().port(), before);
    const auto begin = async::Clock::now();
    Result<Reply> answer = harness.Execute(Command("INCR").Key("after"), 2000);
    while (!answer.ok() && async::Clock::now() - begin < std::chrono::seconds(5)) {
      EXPECT_FALSE(answer.error().OutcomeUnknown()) << answer.error().text;
      answer = harness.Execute(Command("INCR").Key("after"), 2000);
    }
    const auto took = std::chrono::duration_cast<milliseconds>(async::Clock::now() - begin).count();
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    std::printf("the new primary was found after %lld ms\n", static_cast<long long>(took));
    EXPECT_LT(took, 1000);
    EXPECT_EQ(harness.client().Primaries().front()->endpoint().port, sentinel.primary().port());
    EXPECT_EQ(sentinel.primary().Command({"GET", "after"}), std::to_string(answer->integer()));
  }
}

TEST(Sentinel, SaysWhichNameIsUnknown) {
  RedisSentinel sentinel;
  Config config;
  config.topology = TopologyKind::kSentinel;
  config.addresses = sentinel.addresses();
  config.sentinel_master = "somebody";
  ClientHarness harness(config);
  const Result<void> started = harness.Start(1500);
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().text.find("knows no primary of \"somebody\""), std::string::npos)
      << started.error().text;
}

}  // namespace
}  // namespace tessera::redis
