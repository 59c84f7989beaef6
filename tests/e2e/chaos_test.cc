// Everything breaks at once: calls with too little time, connections that are slow or cut, services that are
// killed, a Redis that stands still. Whoever finds out afterwards what became of each call knows exactly what
// the store holds; a call whose deadline passed before its script ran has no effect.

#include <gtest/gtest.h>

#include "tests/e2e/chaos_caller.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

using std::chrono::milliseconds;

class Chaos {
 public:
  explicit Chaos(testing::Deployment& deployment)
      : issuer_(deployment.issuer().grpc_address()),
        redeemer_(deployment.redeemer().grpc_address()),
        deployment_(deployment) {}

  const testing::CutProxy& issuer() const { return issuer_; }
  const testing::CutProxy& redeemer() const { return redeemer_; }
  int64_t kills() const { return kills_; }
  int64_t stops() const { return stops_; }

  // Breaks something and, but for the proxies' bad habits, mends it.
  void BreakSomething() {
    std::this_thread::sleep_for(milliseconds(100 + random_() % 300));
    testing::ServiceProcess* services[] = {&deployment_.issuer(), &deployment_.redeemer(),
                                           &deployment_.analytics()};
    switch (random_() % 6) {
      case 0: {
        testing::ServiceProcess* service = services[random_() % 3];
        service->Kill9();
        service->Start();
        ++kills_;
        return;
      }
      case 1:
      case 2:
        // Longer than any call's deadline and what an effect may be late: what waits is too late.
        deployment_.redis().Stop();
        std::this_thread::sleep_for(milliseconds(random_() % 1500));
        deployment_.redis().Cont();
        ++stops_;
        return;
      case 3:
        issuer_.CutNow();
        redeemer_.CutNow();
        return;
      case 4:
        for (testing::CutProxy* proxy : {&issuer_, &redeemer_})
          proxy->CutEveryNthAnswer(static_cast<int>(random_() % 8));
        return;
      default:
        for (testing::CutProxy* proxy : {&issuer_, &redeemer_})
          proxy->DelayUpTo(milliseconds(random_() % 3 * 60));
        return;
    }
  }

 private:
  testing::CutProxy issuer_;
  testing::CutProxy redeemer_;
  testing::Deployment& deployment_;
  std::mt19937 random_{17};
  int64_t kills_ = 0;
  int64_t stops_ = 0;
};

TEST(ChaosTest, LeavesExactlyWhatTheCallersFoundOut) {
  testing::DeploymentOptions options;
  options.buckets = kFewBuckets;
  options.log_level = "error";
  testing::Deployment deployment(options);
  TesseraClient client(deployment);
  const int64_t calls = Trials(1'000, 100'000);
  const int at_once = static_cast<int>(Trials(16, 128));  // most calls wait for what is broken
  pb::CampaignDefinition definition = load::PlainDefinition("Chaos");
  definition.mutable_limits()->set_stock_total(calls);
  client.Open("chaos", definition);

  Chaos chaos(deployment);
  std::vector<std::unique_ptr<ChaosCaller>> callers;
  for (int i = 0; i < at_once; ++i) {
    callers.push_back(
        std::make_unique<ChaosCaller>(deployment, chaos.issuer(), chaos.redeemer(), "chaos", i));
  }
  std::atomic<bool> done{false};
  std::thread acting([&] {
    load::Parallel(at_once, calls, [&](int64_t, int worker) { callers[static_cast<size_t>(worker)]->Act(); });
    done = true;
  });
  while (!done) chaos.BreakSomething();
  acting.join();

  ChaosCounts counts;
  for (const auto& caller : callers) {
    caller->CheckWallets();
    EXPECT_EQ(caller->faults(), std::vector<std::string>());
    counts.Add(caller->Counts());
  }
  const auto say = [](const char* what, int64_t count) {
    std::printf("%s: %lld\n", what, static_cast<long long>(count));
  };
  say("services killed", chaos.kills());
  say("Redis stopped", chaos.stops());
  say("calls whose outcome was not known", counts.unknown);
  say("of these had taken effect", counts.took_effect);
  say("of these were told that they were too late", counts.named_too_late);
  const pb::CampaignStats stats = client.SettledStats("chaos");
  EXPECT_EQ(counts.calls, calls);
  EXPECT_EQ(stats.issued_count(), counts.issued);
  EXPECT_EQ(stats.reserved_count(), counts.reserved);
  EXPECT_EQ(stats.released_count(), counts.released);
  EXPECT_EQ(stats.redeemed_count(), counts.redeemed);
  EXPECT_EQ(stats.rolled_back_count(), counts.rolled_back);
  EXPECT_EQ(stats.reserved_now_count(), counts.reserved_now);
  EXPECT_EQ(stats.redeemed_now_count(), counts.redeemed_now);
  EXPECT_EQ(stats.discount().amount_minor(), counts.discount_minor);
  EXPECT_EQ(stats.stock_remaining(), calls - counts.issued);
  EXPECT_EQ(client.Differences(), "");
  EXPECT_GT(counts.unknown, calls / 100) << "void: there was hardly any chaos";
  PrintTrials("calls in chaos", calls);
}

}  // namespace
}  // namespace tessera::e2e
