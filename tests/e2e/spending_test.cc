// Budgets and use quotas through the real services: exact while many orders of many users want the last of
// them at the same time, over three redeemers.

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

constexpr int kWorkers = 48;
constexpr int kRedeemers = 3;
constexpr int64_t kOff = 700;
constexpr int64_t kOrders = 160;

// What all orders together were told.
struct SpentTally {
  int64_t discount_minor = 0;
  std::map<std::string, int64_t> refusals;
};

// Uses the coupon of the `index`-th order; its discount, or the reason of the refusal. Called by all workers
// at the same time.
using Spender = std::function<std::pair<int64_t, std::string>(int64_t index, int worker)>;

SpentTally RunOrders(int64_t orders, const Spender& spend) {
  SpentTally tally;
  std::mutex mutex;
  load::Parallel(kWorkers, orders, [&](int64_t index, int worker) {
    const auto [discount_minor, refusal] = spend(index, worker);
    const std::lock_guard lock(mutex);
    tally.discount_minor += discount_minor;
    if (!refusal.empty()) ++tally.refusals[refusal];
  });
  return tally;
}

class SpendingTest : public ::testing::Test {
 protected:
  SpendingTest() : deployment_(Options()) {
    std::vector<std::string> addresses = {deployment_.redeemer().grpc_address()};
    for (int i = 1; i < kRedeemers; ++i) {
      replicas_.push_back(deployment_.Replica("redeemer", "redeemer-" + std::to_string(i)));
      replicas_.back()->Start();
      addresses.push_back(replicas_.back()->grpc_address());
    }
    for (int i = 0; i < kWorkers; ++i) {
      clients_.push_back(std::make_unique<TesseraClient>(TesseraClient::Addresses{
          deployment_.issuer().grpc_address(), addresses[static_cast<size_t>(i % kRedeemers)],
          deployment_.analytics().grpc_address(), deployment_.token("ADMIN")}));
    }
  }

  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kEverysec;
    options.buckets = kFewBuckets;
    options.log_level = "warning";
    return options;
  }

  // A campaign of coupons for so much, and one coupon of it for each order: of a user of its own, or all of
  // one.
  void Open(const std::string& campaign_id, const std::function<void(pb::UseLimits&)>& limit, bool one_user) {
    pb::CampaignDefinition definition = load::PlainDefinition("Spending");
    definition.mutable_offer()->mutable_amount_off()->set_amount_minor(kOff);
    limit(*definition.mutable_use_limits());
    clients_.front()->Open(campaign_id, definition);
    campaign_id_ = campaign_id;
    coupons_.assign(kOrders, "");
    load::Parallel(kWorkers, kOrders, [&](int64_t index, int worker) {
      TesseraClient& client = *clients_[static_cast<size_t>(worker)];
      pb::ClaimCouponResponse claimed;
      const auto status = client.Call(client.ClaimOf(campaign_id, UserOf(one_user ? 0 : index)), &claimed);
      EXPECT_TRUE(status.ok()) << load::RefusalLabel(status) << " " << status.error_message();
      coupons_[static_cast<size_t>(index)] = claimed.coupon().code();
    });
    one_user_ = one_user;
  }
  static std::string UserOf(int64_t index) { return "user-" + std::to_string(index); }

  // As the order's service does it: every fourth is reserved and let go before it is bought, every fifth of
  // those bought is returned and bought again. Who is told that others keep asking asks again.
  std::pair<int64_t, std::string> Buy(int64_t index, int worker) {
    TesseraClient& client = *clients_[static_cast<size_t>(worker)];
    const std::string& code = coupons_[static_cast<size_t>(index)];
    const std::string order_id = campaign_id_ + "-" + std::to_string(index);
    if (index % 4 == 0) {
      pb::ReserveCouponsRequest reserve = client.ReserveOf(code, order_id);
      reserve.set_user_id(UserOf(one_user_ ? 0 : index));
      pb::ReserveCouponsResponse reserved;
      if (client.Call(reserve, &reserved).ok()) {
        pb::ReleaseReservationRequest release;
        release.set_request_id(client.NextId());
        release.set_reservation_id(reserved.reservation().reservation_id());
        pb::ReleaseReservationResponse released;
        EXPECT_TRUE(client.Call(release, &released).ok());
      }
    }
    bool returned = index % 5 != 0;
    for (;;) {
      pb::RedeemCouponsRequest redeem = client.RedeemOf(code, order_id);
      redeem.set_user_id(UserOf(one_user_ ? 0 : index));
      pb::RedeemCouponsResponse redeemed;
      const auto status = client.Call(redeem, &redeemed);
      if (!status.ok()) {
        const std::string reason = load::RefusalOf(status).reason;
        if (reason == "CONTENDED") continue;
        return {0, reason.empty() ? load::RefusalLabel(status) : reason};
      }
      if (std::exchange(returned, true)) return {redeemed.redemption().discount().amount_minor(), ""};
      pb::RollbackRedemptionRequest rollback;
      rollback.set_request_id(client.NextId());
      rollback.set_redemption_id(redeemed.redemption().redemption_id());
      pb::RollbackRedemptionResponse back;
      EXPECT_TRUE(client.Call(rollback, &back).ok());
    }
  }

  SpentTally Rush() {
    return RunOrders(kOrders, [this](int64_t index, int worker) { return Buy(index, worker); });
  }
  // What the orders that were refused get, one after the other, when all others are done.
  SpentTally Stragglers() {
    SpentTally tally;
    for (int64_t index = 0; index < kOrders; ++index) {
      const auto [discount_minor, refusal] = Buy(index, 0);
      tally.discount_minor += discount_minor;
      if (!refusal.empty()) ++tally.refusals[refusal];
    }
    return tally;
  }
  int64_t CountedDiscount() {
    TesseraClient client(deployment_);
    const int64_t counted = client.SettledStats(campaign_id_).discount().amount_minor();
    EXPECT_EQ(client.Differences(), "");
    return counted;
  }

  testing::Deployment deployment_;
  std::vector<std::unique_ptr<testing::ServiceProcess>> replicas_;
  std::vector<std::unique_ptr<TesseraClient>> clients_;
  std::string campaign_id_;
  std::vector<std::string> coupons_;
  bool one_user_ = false;
};

TEST_F(SpendingTest, ABudgetIsSpentToItsLastWholeDiscount) {
  const int64_t rounds = Trials(1, 20);
  for (int64_t round = 0; round < rounds; ++round) {
    constexpr int64_t kWhole = 40;
    Open(
        "budget-" + std::to_string(round),
        [](pb::UseLimits& limits) { limits.set_budget_total_minor(kWhole * kOff + kOff - 1); }, false);
    // While orders hold or return money, others can be refused it: so the last of it goes in a second turn.
    const SpentTally rush = Rush();
    EXPECT_LE(rush.discount_minor, kWhole * kOff);
    const SpentTally rest = Stragglers();
    EXPECT_EQ(rush.discount_minor + rest.discount_minor, kWhole * kOff);
    EXPECT_EQ(rest.refusals.at("BUDGET"), kOrders - kWhole);
    EXPECT_EQ(CountedDiscount(), kWhole * kOff);
  }
  PrintTrials("orders on one budget over three redeemers", rounds * kOrders);
}

TEST_F(SpendingTest, ABudgetThatClipsIsSpentToTheLastCent) {
  const int64_t budget = 40 * kOff + 123;
  Open(
      "clipped",
      [&](pb::UseLimits& limits) {
        limits.set_budget_total_minor(budget);
        limits.set_budget_clips(true);
      },
      false);
  const SpentTally rush = Rush();
  EXPECT_LE(rush.discount_minor, budget);
  EXPECT_EQ(rush.discount_minor + Stragglers().discount_minor, budget);
  EXPECT_EQ(CountedDiscount(), budget);
  PrintTrials("orders on one budget that clips over three redeemers", kOrders);
}

TEST_F(SpendingTest, AUsersUsesAreExact) {
  Open("uses", [](pb::UseLimits& limits) { limits.set_uses_per_user_per_month(30); }, true);
  const SpentTally rush = Rush();
  EXPECT_LE(rush.discount_minor, 30 * kOff);
  const SpentTally rest = Stragglers();
  EXPECT_EQ(rush.discount_minor + rest.discount_minor, 30 * kOff);
  EXPECT_EQ(rest.refusals.at("USE_QUOTA_PER_MONTH"), kOrders - 30);
  EXPECT_EQ(CountedDiscount(), 30 * kOff);
  PrintTrials("orders of one user with 30 uses over three redeemers", kOrders);
}

// What would pass here unseen: a service that looks at the budget first and spends it afterwards.
TEST(SpendingTallyTest, ShowsABudgetThatIsReadBeforeItIsSpent) {
  std::mutex mutex;
  int64_t left = 40 * kOff;
  const auto broken = [&](int64_t, int) -> std::pair<int64_t, std::string> {
    int64_t seen = 0;
    {
      const std::lock_guard lock(mutex);
      seen = left;
    }
    if (seen < kOff) return {0, "BUDGET"};
    std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex);
    left = seen - kOff;
    return {kOff, ""};
  };
  EXPECT_GT(RunOrders(kOrders, broken).discount_minor, 40 * kOff);
}

}  // namespace
}  // namespace tessera::e2e
