// A limit of N gives exactly min(N, demand), whoever asks and however often, through the real services.

#include <gtest/gtest.h>

#include "tests/e2e/overrun_judge.h"
#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

class OverrunTest : public ::testing::Test {
 protected:
  OverrunTest() : deployment_(Options()), client_(deployment_) {}

  static std::string CampaignId(int index) { return "rush-" + std::to_string(index); }

  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kEverysec;
    options.buckets = kFewBuckets;
    options.log_level = "warning";
    return options;
  }

  void Open(const Rush& rush) {
    for (int i = 0; i < rush.campaigns; ++i) {
      pb::CampaignDefinition definition = load::PlainDefinition("Rush");
      definition.mutable_limits()->set_stock_total(rush.stock);
      definition.mutable_limits()->set_per_user_total(Rush::LimitPerUser(i));
      client_.Open(CampaignId(i), definition);
    }
  }

  std::vector<Tally> Run(const Rush& rush) {
    std::vector<std::unique_ptr<TesseraClient>> clients;
    for (int i = 0; i < rush.connections; ++i)
      clients.push_back(std::make_unique<TesseraClient>(deployment_));
    return RunRush(rush, [&](int campaign, int user, int worker) {
      TesseraClient& client = *clients[static_cast<size_t>(worker)];
      pb::ClaimCouponResponse response;
      const auto status =
          client.Call(client.ClaimOf(CampaignId(campaign), "user-" + std::to_string(user)), &response);
      if (status.ok()) return Answer{response.coupon().code(), ""};
      const std::string reason = load::RefusalOf(status).reason;
      return Answer{"", reason.empty() ? load::RefusalLabel(status) + " " + status.error_message() : reason};
    });
  }

  void Check(const Rush& rush, const std::vector<Tally>& tallies) {
    EXPECT_EQ(JudgeRush(rush, tallies), std::vector<std::string>());
    for (int i = 0; i < rush.campaigns; ++i) {
      SCOPED_TRACE(CampaignId(i));
      const pb::CampaignStats stats = client_.SettledStats(CampaignId(i));
      EXPECT_EQ(stats.issued_count(), rush.Expected(i));
      EXPECT_EQ(stats.stock_remaining(), rush.stock - rush.Expected(i));
    }
    EXPECT_EQ(client_.Differences(), "");
  }

  testing::Deployment deployment_;
  TesseraClient client_;
};

TEST_F(OverrunTest, GivesExactlyTheStockToARush) {
  const Rush rush = Full() ? Rush{50, 1000, 1500, 20, 64} : Rush{4, 60, 90, 5, 16};
  Open(rush);
  Check(rush, Run(rush));
  PrintTrials("overrun claims", rush.claims());
}

TEST_F(OverrunTest, RefusesNobodyWhenDemandEqualsStock) {
  const Rush rush = Full() ? Rush{50, 1000, 1000, 1, 64} : Rush{4, 150, 150, 1, 16};
  Open(rush);
  const std::vector<Tally> tallies = Run(rush);
  for (const Tally& tally : tallies) EXPECT_EQ(tally.stock_refusals + tally.quota_refusals, 0);
  Check(rush, tallies);
  PrintTrials("demand equal to stock, claims", rush.claims());
}

TEST_F(OverrunTest, LetsOneOf256ParallelRedemptionsWin) {
  constexpr int kCallers = 256;
  client_.Open("one-code", load::PlainDefinition("One code"));
  const int64_t rounds = Trials(2, 20);
  std::vector<std::unique_ptr<TesseraClient>> clients;
  for (int i = 0; i < 32; ++i) clients.push_back(std::make_unique<TesseraClient>(deployment_));
  for (int64_t round = 0; round < rounds; ++round) {
    pb::ClaimCouponResponse claimed;
    ASSERT_TRUE(client_.Call(client_.ClaimOf("one-code", "user-" + std::to_string(round)), &claimed).ok());
    std::mutex mutex;
    std::vector<std::string> winners;
    std::vector<std::string> named;
    load::Parallel(kCallers, kCallers, [&](int64_t index, int worker) {
      TesseraClient& client = *clients[static_cast<size_t>(worker) % clients.size()];
      const std::string order_id = "order-" + std::to_string(index);
      pb::RedeemCouponsResponse response;
      const auto status = client.Call(client.RedeemOf(claimed.coupon().code(), order_id), &response);
      const load::RefusalInfo refusal = load::RefusalOf(status);
      const std::lock_guard lock(mutex);
      if (status.ok()) {
        winners.push_back(order_id);
      } else if (refusal.reason == "COUPON_ALREADY_REDEEMED") {
        named.push_back(refusal.metadata.contains("order_id") ? refusal.metadata.at("order_id") : "");
      } else {
        ADD_FAILURE() << load::RefusalLabel(status) << " " << status.error_message();
      }
    });
    ASSERT_EQ(winners.size(), 1u);
    EXPECT_EQ(named, std::vector<std::string>(kCallers - 1, winners.front()));
  }
  EXPECT_EQ(client_.Differences(), "");
  PrintTrials("256 parallel redemptions of one code, rounds", rounds);
}

}  // namespace
}  // namespace tessera::e2e
