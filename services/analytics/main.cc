#include "services/analytics/campaign_series.h"
#include "services/analytics/invariant_watch.h"
#include "services/analytics/ledger_follower.h"
#include "services/analytics/stats_handlers.h"
#include "services/program/store_program.h"

namespace tessera::analytics {
namespace {

// What coupons did: AnalyticsService, and the aggregates behind it.
class AnalyticsProgram final : public program::StoreProgram {
  void BindOwn(server::ConfigBinder& binder) override {
    analytics::Bind(binder.Section("ledger", "Following the ledger."), follow_);
    analytics::Bind(binder.Section("campaign_series", "The metrics of each campaign."), series_);
    analytics::Bind(binder.Section("invariants", "Checking the counts against each other."), invariants_);
  }

  void BuildOwn(server::ServiceHost& host) override {
    auto follower = std::make_unique<LedgerFollower>(store(), partitions(), follow_, host.registry);
    stats_ = std::make_unique<StatsHandlers>(store(), *follower);
    stats_->Register(host.router);
    AddLoop(std::move(follower));
    AddLoop(std::make_unique<CampaignSeries>(store(), store(), series_, host.registry));
    AddLoop(std::make_unique<InvariantWatch>(store(), invariants_, host.registry, host.log));
  }

  FollowConfig follow_;
  SeriesConfig series_;
  InvariantConfig invariants_;
  std::unique_ptr<StatsHandlers> stats_;
};

}  // namespace
}  // namespace tessera::analytics

int main(int argc, char** argv) {
  tessera::analytics::AnalyticsProgram program;
  return tessera::server::RunService(argc, argv, "analytics", program);
}
