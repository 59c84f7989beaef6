#include "services/analytics/stats_handlers.h"

#include "api/convert_stats.h"
#include "api/parse_campaign.h"

namespace tessera::analytics {

namespace pb = coupon::v1;

void StatsHandlers::Register(server::Router& router) {
  router.Serve("coupon.v1.AnalyticsService");
  router.Handle("coupon.v1.AnalyticsService/GetCampaignStats", this, &StatsHandlers::GetCampaignStats);
  router.Handle("coupon.v1.AnalyticsService/VerifyInvariants", this, &StatsHandlers::VerifyInvariants);
}

StatsHandlers::Answer<pb::GetCampaignStatsResponse> StatsHandlers::GetCampaignStats(
    const Context& context, const pb::GetCampaignStatsRequest& request) {
  auto campaign_id = api::ParseCampaignId(request.campaign_id());
  if (!campaign_id.ok()) co_return campaign_id.error();
  context.Note("campaign_id", *campaign_id);
  const auto totals = co_await store_.Totals(*std::move(campaign_id), context.deadline);
  if (!totals.ok()) co_return totals.error();
  pb::GetCampaignStatsResponse response;
  *response.mutable_stats() = api::ToProto(*totals, follower_.lag_ms());
  co_return response;
}

StatsHandlers::Answer<pb::VerifyInvariantsResponse> StatsHandlers::VerifyInvariants(
    const Context& context, const pb::VerifyInvariantsRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const auto verification =
      co_await store_.Verify(std::move(parsed->campaign_id), parsed->depth, context.deadline);
  if (!verification.ok()) co_return verification.error();
  co_return api::ToProto(*verification);
}

}  // namespace tessera::analytics
