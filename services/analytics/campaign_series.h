#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <map>
#include <string>

#include "async/event.h"
#include "server/config.h"
#include "services/program/background_loop.h"
#include "storage/campaign_store.h"
#include "storage/ledger_store.h"

namespace tessera::analytics {

struct SeriesConfig {
  std::chrono::milliseconds interval{5000};
  int campaigns_max = 200;
};
void Bind(server::ConfigSection section, SeriesConfig& config);

// The business series of each campaign, read from the aggregates, so that a restart loses nothing:
//   coupon_campaign_coupons{campaign,what}     what: issued, claimed, reserved, released, redeemed,
//   rolled_back, expired,
//                                              revoked, available_now, reserved_now, redeemed_now
//   coupon_campaign_amount_minor{campaign,currency,what}    what: discount, revenue
//   coupon_campaign_stock_remaining{campaign}, coupon_campaign_stock_limit{campaign}
//                                              of campaigns with a stock limit
// The first campaigns_max campaigns have series of their own; the counts of the rest are added up under
// "_other". The stores must outlive it.
class CampaignSeries final : public program::BackgroundLoop {
 public:
  CampaignSeries(storage::CampaignStore& campaigns, storage::LedgerStore& ledger, const SeriesConfig& config,
                 prometheus::Registry& registry);

  async::Task<void> Run() override;
  void Stop() override { stopped_.Set(); }

 private:
  static constexpr size_t kCounts = 11;
  using Counts = std::array<int64_t, kCounts>;
  struct Series {
    std::array<prometheus::Gauge*, kCounts> counts{};
    prometheus::Gauge* discount = nullptr;
    prometheus::Gauge* revenue = nullptr;
    prometheus::Gauge* stock_remaining = nullptr;
    prometheus::Gauge* stock_limit = nullptr;
  };

  // One look at all campaigns; false when the store cut it short.
  async::Task<bool> Refresh();
  // In the campaign's own series, or among the others.
  void Show(const core::Campaign& campaign, const storage::CampaignTotals& totals, Counts* others);
  static Counts CountsOf(const storage::CampaignTotals& totals);
  Series& SeriesOf(const std::string& campaign_id);

  storage::CampaignStore& campaigns_;
  storage::LedgerStore& ledger_;
  const SeriesConfig& config_;
  async::Event stopped_;
  prometheus::Family<prometheus::Gauge>& coupons_;
  prometheus::Family<prometheus::Gauge>& amounts_;
  prometheus::Family<prometheus::Gauge>& stocks_;
  prometheus::Family<prometheus::Gauge>& stock_limits_;
  std::map<std::string, Series> shown_;  // campaigns with series of their own, and "_other"
};

}  // namespace tessera::analytics
