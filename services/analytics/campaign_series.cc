#include "services/analytics/campaign_series.h"

#include "core/limits.h"

namespace tessera::analytics {
namespace {

constexpr std::chrono::milliseconds kStepTime{2000};
constexpr char kOther[] = "_other";  // no campaign's id: those begin with a letter
constexpr const char* kCountNames[] = {"issued",        "claimed",      "reserved",    "released",
                                       "redeemed",      "rolled_back",  "expired",     "revoked",
                                       "available_now", "reserved_now", "redeemed_now"};

prometheus::Family<prometheus::Gauge>& Gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

void Bind(server::ConfigSection section, SeriesConfig& config) {
  section.Field("interval_ms", &config.interval, {100, 600'000}, "How long it rests between two looks.");
  section.Field("campaigns_max", &config.campaigns_max, {0, 10'000}, "Campaigns with series of their own.");
}

CampaignSeries::CampaignSeries(storage::CampaignStore& campaigns, storage::LedgerStore& ledger,
                               const SeriesConfig& config, prometheus::Registry& registry)
    : campaigns_(campaigns),
      ledger_(ledger),
      config_(config),
      coupons_(
          Gauges(registry, "coupon_campaign_coupons", "What a campaign's coupons did, as the ledger says.")),
      amounts_(Gauges(registry, "coupon_campaign_amount_minor", "Amounts of a campaign, in minor units.")),
      stocks_(
          Gauges(registry, "coupon_campaign_stock_remaining", "Coupons that a campaign can still issue.")),
      stock_limits_(
          Gauges(registry, "coupon_campaign_stock_limit", "Coupons that a campaign can issue in all.")) {
  static_assert(std::size(kCountNames) == kCounts);
}

CampaignSeries::Counts CampaignSeries::CountsOf(const storage::CampaignTotals& totals) {
  return {totals.issued,        totals.claimed,      totals.reserved_events, totals.released,
          totals.redeemed,      totals.rolled_back,  totals.expired,         totals.revoked,
          totals.available_now, totals.reserved_now, totals.redeemed_now};
}

CampaignSeries::Series& CampaignSeries::SeriesOf(const std::string& campaign_id) {
  const auto [at, is_new] = shown_.try_emplace(campaign_id);
  for (size_t i = 0; is_new && i < kCounts; ++i) {
    at->second.counts[i] = &coupons_.Add({{"campaign", campaign_id}, {"what", kCountNames[i]}});
  }
  return at->second;
}

void CampaignSeries::Show(const core::Campaign& campaign, const storage::CampaignTotals& totals,
                          Counts* others) {
  const Counts counts = CountsOf(totals);
  const bool has_room = shown_.size() - shown_.count(kOther) < static_cast<size_t>(config_.campaigns_max);
  if (!shown_.contains(campaign.id) && !has_room) {
    for (size_t i = 0; i < kCounts; ++i) (*others)[i] += counts[i];
    return;
  }
  Series& series = SeriesOf(totals.campaign_id);
  for (size_t i = 0; i < kCounts; ++i) series.counts[i]->Set(static_cast<double>(counts[i]));
  if (series.discount == nullptr) {
    const std::string currency(totals.currency.code());
    series.discount =
        &amounts_.Add({{"campaign", totals.campaign_id}, {"currency", currency}, {"what", "discount"}});
    series.revenue =
        &amounts_.Add({{"campaign", totals.campaign_id}, {"currency", currency}, {"what", "revenue"}});
  }
  series.discount->Set(static_cast<double>(totals.discount_minor));
  series.revenue->Set(static_cast<double>(totals.subtotal_minor - totals.discount_minor));
  const std::optional<int64_t>& stock_limit = campaign.definition.limits.stock_total;
  if (!totals.stock_left || !stock_limit) return;
  if (series.stock_remaining == nullptr) {
    series.stock_remaining = &stocks_.Add({{"campaign", totals.campaign_id}});
    series.stock_limit = &stock_limits_.Add({{"campaign", totals.campaign_id}});
  }
  series.stock_remaining->Set(static_cast<double>(*totals.stock_left));
  series.stock_limit->Set(static_cast<double>(*stock_limit));
}

async::Task<bool> CampaignSeries::Refresh() {
  Counts others{};
  std::string cursor;
  do {
    const auto page =
        co_await campaigns_.List(core::limits::kPageSizeDefault, cursor, async::After(kStepTime));
    if (!page.ok()) co_return false;
    const auto totals = co_await ledger_.TotalsOfEach(page->campaigns, async::After(kStepTime));
    if (!totals.ok() || stopped_.is_set()) co_return false;
    for (size_t i = 0; i < totals->size(); ++i) Show(*page->campaigns[i], (*totals)[i], &others);
    cursor = page->next_cursor;
  } while (!cursor.empty());
  Series& other = SeriesOf(kOther);
  for (size_t i = 0; i < kCounts; ++i) other.counts[i]->Set(static_cast<double>(others[i]));
  co_return true;
}

async::Task<void> CampaignSeries::Run() {
  while (!stopped_.is_set()) {
    // What the store cut short is read again at the next look; health tells about the store.
    co_await Refresh();
    if (!stopped_.is_set()) co_await stopped_.WaitUntil(async::After(config_.interval));
  }
}

}  // namespace tessera::analytics
