// Redis forgets all scripts again and again while the services work: no caller notices.

#include <gtest/gtest.h>

#include "tests/e2e/background_load.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

TEST(ScriptFlushTest, NoCallerNotices) {
  testing::DeploymentOptions options;
  options.durability = testing::RedisDurability::kEverysec;
  options.buckets = kFewBuckets;
  options.log_level = "warning";
  testing::Deployment deployment(options);
  TesseraClient client(deployment);
  client.Open("load", load::PlainDefinition("Load"));
  const int64_t stock = Trials(400, 4000);
  pb::CampaignDefinition scarce_definition = load::PlainDefinition("Scarce");
  scarce_definition.mutable_limits()->set_stock_total(stock);
  client.Open("scarce", scarce_definition);
  BackgroundLoad load(deployment, "load", 12);
  BackgroundLoad scarce(deployment, "scarce", 4, std::chrono::milliseconds(5));
  load.Start();
  scarce.Start();
  const int64_t flushes = Trials(300, 5000);
  for (int64_t i = 0; i < flushes; ++i) {
    if (i % 100 == 0) load.WaitForMore(10);
    ASSERT_EQ(deployment.redis().Command({"SCRIPT", "FLUSH"}), "OK");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  load.Stop();
  scarce.StopWhenSoldOut();
  const std::map<std::string, int64_t> nothing;
  EXPECT_EQ(load.tried_again(), nothing);
  EXPECT_EQ(scarce.tried_again(), nothing);
  const int64_t acknowledged = load.acknowledged() + scarce.acknowledged();
  std::printf("%lld effects acknowledged\n", static_cast<long long>(acknowledged));
  load.ExpectNothingLost(client);
  scarce.ExpectSold(client, stock);
  PrintTrials("SCRIPT FLUSH under load", flushes);
}

}  // namespace
}  // namespace tessera::e2e
