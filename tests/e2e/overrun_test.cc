// A limit of N gives exactly min(N, demand), whoever asks and however often, through the real services.

#include <gtest/gtest.h>

#include <set>

#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

// What one campaign gave to whom.
struct Tally {
  int64_t stock_refusals = 0;
  int64_t quota_refusals = 0;
  std::vector<int> by_user;
  std::set<std::string> codes;
  std::string unexpected;
};

struct Rush {
  int campaigns = 0;
  int stock = 0;
  int users = 0;
  int tries = 0;
  int connections = 0;

  static std::string Campaign(int index) { return "rush-" + std::to_string(index); }
  // Every other campaign allows two coupons to each user.
  static int LimitPerUser(int campaign) { return campaign % 2 + 1; }
};

class OverrunTest : public ::testing::Test {
 protected:
  OverrunTest() : deployment_(Options()), client_(deployment_) {}

  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kEverysec;
    options.log_level = "warning";
    return options;
  }

  void Open(const Rush& rush) {
    for (int i = 0; i < rush.campaigns; ++i) {
      pb::CampaignDefinition definition = load::PlainDefinition("Rush");
      definition.mutable_limits()->set_stock_total(rush.stock);
      definition.mutable_limits()->set_per_user_total(Rush::LimitPerUser(i));
      client_.Open(Rush::Campaign(i), definition);
    }
  }

  // Ten campaigns at a time. In every other campaign one user's tries follow upon each other, so they meet;
  // in the rest the users come in turn.
  std::vector<Tally> Run(const Rush& rush) {
    std::vector<Tally> tallies(static_cast<size_t>(rush.campaigns));
    for (Tally& tally : tallies) tally.by_user.resize(static_cast<size_t>(rush.users));
    std::mutex mutex;
    std::vector<std::unique_ptr<TesseraClient>> clients;
    for (int i = 0; i < rush.connections; ++i)
      clients.push_back(std::make_unique<TesseraClient>(deployment_));
    constexpr int kAtATime = 10;
    for (int first = 0; first < rush.campaigns; first += kAtATime) {
      const int here = std::min(kAtATime, rush.campaigns - first);
      load::Parallel(
          rush.connections, int64_t{here} * rush.users * rush.tries, [&](int64_t index, int worker) {
            const int campaign = first + static_cast<int>(index % here);
            const int64_t turn = index / here;
            const auto user = static_cast<size_t>(campaign % 2 == 0 ? turn % rush.users : turn / rush.tries);
            TesseraClient& client = *clients[static_cast<size_t>(worker)];
            pb::ClaimCouponResponse response;
            const auto status = client.Call(
                client.ClaimOf(Rush::Campaign(campaign), "user-" + std::to_string(user)), &response);
            const std::string reason = status.ok() ? "" : load::RefusalOf(status).reason;
            const std::lock_guard lock(mutex);
            Tally& tally = tallies[static_cast<size_t>(campaign)];
            if (status.ok()) {
              ++tally.by_user[user];
              tally.codes.insert(response.coupon().code());
            } else if (reason == "STOCK") {
              ++tally.stock_refusals;
            } else if (reason == "USER_QUOTA") {
              ++tally.quota_refusals;
            } else {
              tally.unexpected = load::RefusalLabel(status) + " " + status.error_message();
            }
          });
    }
    return tallies;
  }

  void Check(const Rush& rush, const std::vector<Tally>& tallies) {
    for (int i = 0; i < rush.campaigns; ++i) {
      SCOPED_TRACE(Rush::Campaign(i));
      const Tally& tally = tallies[static_cast<size_t>(i)];
      const int limit = std::min(Rush::LimitPerUser(i), rush.tries);
      const int64_t expected = std::min<int64_t>(rush.stock, int64_t{rush.users} * limit);
      int64_t issued = 0;
      for (const int count : tally.by_user) {
        EXPECT_LE(count, limit);
        issued += count;
      }
      EXPECT_EQ(tally.unexpected, "");
      EXPECT_EQ(issued, expected);
      EXPECT_EQ(static_cast<int64_t>(tally.codes.size()), expected) << "a code was handed out twice";
      EXPECT_EQ(issued + tally.stock_refusals + tally.quota_refusals, int64_t{rush.users} * rush.tries);
      if (issued < rush.stock) EXPECT_EQ(tally.stock_refusals, 0) << "told sold out while units were left";
      const pb::CampaignStats stats = client_.SettledStats(Rush::Campaign(i));
      EXPECT_EQ(stats.issued_count(), expected);
      EXPECT_EQ(stats.stock_remaining(), rush.stock - expected);
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
  PrintTrials("overrun claims", int64_t{rush.campaigns} * rush.users * rush.tries);
}

TEST_F(OverrunTest, RefusesNobodyWhenDemandEqualsStock) {
  const Rush rush = Full() ? Rush{50, 1000, 1000, 1, 64} : Rush{4, 150, 150, 1, 16};
  Open(rush);
  const std::vector<Tally> tallies = Run(rush);
  for (const Tally& tally : tallies) EXPECT_EQ(tally.stock_refusals + tally.quota_refusals, 0);
  Check(rush, tallies);
  PrintTrials("demand equal to stock, claims", int64_t{rush.campaigns} * rush.users);
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
