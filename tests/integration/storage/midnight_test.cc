// A rush over midnight: each day's stock is issued exactly, whatever was under way when the day ended.

#include "async/timer.h"
#include "async/when_all.h"
#include "store_room.h"
#include "test_zones.h"
#include "tests/support/trials.h"

namespace tessera::contract {
namespace {

using core::Reason;
using std::chrono::milliseconds;
using storage::Method;

constexpr int kWorkers = 16;

class MidnightTest : public StoreRoom {
 protected:
  // Claims for one new user after the other until `end`, and counts what was issued before midnight and
  // after.
  async::Task<void> Rush(uint32_t worker, core::InstantMs end) {
    for (uint32_t i = 0; Now() < end; ++i) {
      storage::IssueIntent intent;
      intent.campaign_id = campaign_;
      intent.deadline = Soon();
      intent.items.push_back({NewOp(Method::kClaimCoupon), User(i * kWorkers + worker)});
      const auto outcomes = co_await store_->coupons().Issue(std::move(intent));
      const core::Result<storage::Issued>& issued = outcomes.at(0);
      if (issued.ok()) ++(issued->issue_time_ms < midnight_ ? before_ : after_);
      if (!issued.ok()) EXPECT_THAT(issued, Refuses(Reason::kStockPerDay));
    }
  }

  // Redis stands still while the day ends: what was sent before is answered after.
  async::Task<void> StandStill() {
    co_await async::Sleep(milliseconds(midnight_ - 40 - Now()));
    server_.Stop();
    co_await async::Sleep(milliseconds(80));
    server_.Cont();
  }

  void RushOver(int64_t stock_per_day, int64_t begin_before_ms) {
    before_ = after_ = 0;
    Open(ConfigFor(server_.unix_address()), {}, {.partitions = 16, .buckets = 8});
    midnight_ = (Now() + 3'500) / 1000 * 1000;
    core::CampaignDefinition definition = Definition();
    definition.time_zone = ZoneWithMidnightAt(midnight_);
    definition.limits.stock_per_day = stock_per_day;
    campaign_ = Active(definition);
    store_->WaitUntil(midnight_ - begin_before_ms);
    std::vector<async::Task<void>> tasks;
    for (uint32_t worker = 0; worker < kWorkers; ++worker) tasks.push_back(Rush(worker, midnight_ + 1'200));
    tasks.push_back(StandStill());
    Await(async::WhenAll(std::move(tasks)));
    ExpectVerified();
  }

  testing::RedisServer server_;
  std::string campaign_;
  core::InstantMs midnight_ = 0;
  int64_t before_ = 0;
  int64_t after_ = 0;
};

// The stock is gone when the day ends: who waits gets of the next day's.
TEST_F(MidnightTest, BothDaysStocksAreExact) {
  const int64_t trials = testing::Trials(3, 20);
  for (int64_t trial = 0; trial < trials; ++trial) {
    RushOver(40, 1'200);
    EXPECT_EQ(before_, 40) << "trial " << trial;
    EXPECT_EQ(after_, 40) << "trial " << trial;
  }
  testing::PrintTrials("rushes over midnight on a stock that is gone", trials);
}

// Units are on their way to partitions when the day ends: they are nothing to the next one.
TEST_F(MidnightTest, UnitsOnTheirWayStayInTheirDay) {
  const int64_t trials = testing::Trials(3, 20);
  for (int64_t trial = 0; trial < trials; ++trial) {
    RushOver(400, 200);
    EXPECT_GT(before_, 0) << "trial " << trial;
    EXPECT_LE(before_, 400) << "trial " << trial;
    EXPECT_EQ(after_, 400) << "trial " << trial;
  }
  testing::PrintTrials("rushes over midnight with units on their way", trials);
}

}  // namespace
}  // namespace tessera::contract
