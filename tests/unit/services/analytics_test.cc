#include "services/analytics/campaign_series.h"

#include <map>

#include "async/event.h"
#include "async/timer.h"
#include "services/analytics/invariant_watch.h"
#include "services/analytics/ledger_follower.h"
#include "services/analytics/stats_handlers.h"
#include "services/issuer/campaign_handlers.h"
#include "services/issuer/coupon_handlers.h"
#include "tests/unit/services/handler_bench.h"

namespace tessera::analytics {
namespace {

namespace pb = coupon::v1;

class AnalyticsTest : public program::HandlerBench {
 protected:
  void Create(const std::string& id, int claims) {
    pb::CreateCampaignRequest create;
    create.set_request_id(NextId());
    create.set_campaign_id(id);
    *create.mutable_campaign() = api::GoodDefinition();
    ASSERT_TRUE(Call(campaigns_, &issuer::CampaignHandlers::CreateCampaign, create).ok());
    pb::ActivateCampaignRequest activate;
    activate.set_request_id(NextId());
    activate.set_campaign_id(id);
    ASSERT_TRUE(Call(campaigns_, &issuer::CampaignHandlers::ActivateCampaign, activate).ok());
    for (int i = 0; i < claims; ++i) {
      pb::ClaimCouponRequest claim;
      claim.set_request_id(NextId());
      claim.set_campaign_id(id);
      claim.set_user_id("user-" + std::to_string(i));
      ASSERT_TRUE(Call(coupons_, &issuer::CouponHandlers::ClaimCoupon, claim).ok());
    }
  }

  // Runs the loop until `done`, then stops it.
  template <class Done>
  void RunUntil(program::BackgroundLoop& background, Done done) {
    loop_.RunUntilDone(Watch(background, done));
  }
  template <class Done>
  static async::Task<void> Watch(program::BackgroundLoop& background, Done done) {
    const async::Executor executor = co_await asio::this_coro::executor;
    async::Event ended;
    asio::co_spawn(executor, Run(background, ended), [](const std::exception_ptr&) {});
    for (int i = 0; i < 1'000 && !done(); ++i) co_await async::Sleep(std::chrono::milliseconds(1));
    background.Stop();
    co_await ended.Wait();
    EXPECT_TRUE(done());
  }
  static async::Task<void> Run(program::BackgroundLoop& background, async::Event& ended) {
    co_await background.Run();
    ended.Set();
  }

  double EventsApplied() {
    for (const auto& family : registry_.Collect()) {
      if (family.name == "coupon_analytics_events_total") return family.metric.at(0).counter.value;
    }
    return -1;
  }

  // The value of the series that has exactly these labels, or -1.
  double Gauge(const std::string& name, const std::map<std::string, std::string>& labels) {
    for (const auto& family : registry_.Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        std::map<std::string, std::string> own;
        for (const auto& label : metric.label) own[label.name] = label.value;
        if (own == labels) return metric.gauge.value;
      }
    }
    return -1;
  }

  issuer::IssuerMetrics issuer_metrics_{registry_};
  issuer::CampaignHandlers campaigns_{store_, tools_, issuer_metrics_};
  issuer::CouponHandlers coupons_{store_, store_, reader_, tools_, issuer_metrics_};
  FollowConfig follow_{.interval = std::chrono::milliseconds(1), .entries_max = 2};
  LedgerFollower follower_{store_, Shape().partitions, follow_, registry_};
  StatsHandlers stats_{store_, follower_};
};

TEST_F(AnalyticsTest, EveryMethodIsServed) {
  server::Router router;
  stats_.Register(router);
  const core::Status checked = router.Check();
  EXPECT_TRUE(checked.ok()) << checked.error().message;
}

TEST_F(AnalyticsTest, TheFollowerBringsTheLedgerIntoTheStats) {
  Create("spring", 20);
  pb::GetCampaignStatsRequest request;
  request.set_campaign_id("spring");
  RunUntil(follower_, [&] { return EventsApplied() >= 20; });
  const auto answer = Call(stats_, &StatsHandlers::GetCampaignStats, request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->stats().issued_count(), 20);
  EXPECT_EQ(answer->stats().claimed_count(), 20);
  EXPECT_EQ(answer->stats().stock_remaining(), 980);
  EXPECT_EQ(follower_.lag_ms(), 0);
}

TEST_F(AnalyticsTest, CampaignsBeyondTheBoundAreAddedUp) {
  Create("spring", 2);
  Create("autumn", 3);
  Create("winter", 4);
  RunUntil(follower_, [&] { return EventsApplied() >= 9; });
  const SeriesConfig config{.interval = std::chrono::milliseconds(1), .campaigns_max = 1};
  CampaignSeries series(store_, store_, config, registry_);
  const std::string name = "coupon_campaign_coupons";
  RunUntil(series, [&] { return Gauge(name, {{"campaign", "_other"}, {"what", "issued"}}) > 0; });
  double own = 0;
  int shown = 0;
  for (const char* campaign : {"spring", "autumn", "winter"}) {
    const double issued = Gauge(name, {{"campaign", campaign}, {"what", "issued"}});
    if (issued < 0) continue;
    own += issued;
    ++shown;
    EXPECT_EQ(Gauge("coupon_campaign_stock_remaining", {{"campaign", campaign}}), 1'000 - issued);
    EXPECT_EQ(Gauge("coupon_campaign_stock_limit", {{"campaign", campaign}}), 1'000);
  }
  EXPECT_EQ(shown, 1);
  EXPECT_EQ(own + Gauge(name, {{"campaign", "_other"}, {"what", "issued"}}), 9);
}

TEST_F(AnalyticsTest, AgreementIsSaidInAnswerAndMetric) {
  Create("spring", 2);
  RunUntil(follower_, [&] { return EventsApplied() >= 2; });
  const auto answer = Call(stats_, &StatsHandlers::VerifyInvariants, pb::VerifyInvariantsRequest());
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->differences_size(), 0);
  const server::Log log("test", server::LogLevel::kOff);
  const InvariantConfig config{.interval = std::chrono::milliseconds(1)};
  InvariantWatch watch(store_, config, registry_, log);
  const auto checks = [&] {
    for (const auto& family : registry_.Collect()) {
      if (family.name != "coupon_invariant_checks_total") continue;
      for (const auto& metric : family.metric) {
        if (metric.label.at(0).value == "ok") return metric.counter.value;
      }
    }
    return 0.0;
  };
  RunUntil(watch, [&] { return checks() >= 2; });
  for (const char* depth : {"counters", "wallets"}) {
    EXPECT_EQ(Gauge("coupon_invariant_differences", {{"depth", depth}}), 0) << depth;
  }
}

}  // namespace
}  // namespace tessera::analytics
