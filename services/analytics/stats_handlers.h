#pragma once

#include "coupon/v1/analytics_service.pb.h"
#include "server/router.h"
#include "services/analytics/ledger_follower.h"
#include "storage/ledger_store.h"

namespace tessera::analytics {

// coupon.v1.AnalyticsService. Loop thread only; store and follower must outlive it.
class StatsHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  StatsHandlers(storage::LedgerStore& store, const LedgerFollower& follower)
      : store_(store), follower_(follower) {}

  void Register(server::Router& router);

  Answer<coupon::v1::GetCampaignStatsResponse> GetCampaignStats(
      const Context& context, const coupon::v1::GetCampaignStatsRequest& request);
  Answer<coupon::v1::VerifyInvariantsResponse> VerifyInvariants(
      const Context& context, const coupon::v1::VerifyInvariantsRequest& request);

 private:
  storage::LedgerStore& store_;
  const LedgerFollower& follower_;
};

}  // namespace tessera::analytics
