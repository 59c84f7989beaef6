#pragma once

#include "coupon/v1/campaign_service.pb.h"
#include "server/router.h"
#include "services/issuer/issuer_metrics.h"
#include "services/program/handler_tools.h"
#include "storage/campaign_store.h"

namespace tessera::issuer {

// coupon.v1.CampaignService. Loop thread only; store, tools and metrics must outlive it.
class CampaignHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  CampaignHandlers(storage::CampaignStore& store, const program::HandlerTools& tools, IssuerMetrics& metrics)
      : store_(store), tools_(tools), metrics_(metrics) {}

  void Register(server::Router& router);

  Answer<coupon::v1::CreateCampaignResponse> CreateCampaign(const Context& context,
                                                            const coupon::v1::CreateCampaignRequest& request);
  Answer<coupon::v1::GetCampaignResponse> GetCampaign(const Context& context,
                                                      const coupon::v1::GetCampaignRequest& request);
  Answer<coupon::v1::ListCampaignsResponse> ListCampaigns(const Context& context,
                                                          const coupon::v1::ListCampaignsRequest& request);
  Answer<coupon::v1::UpdateCampaignResponse> UpdateCampaign(const Context& context,
                                                            const coupon::v1::UpdateCampaignRequest& request);
  Answer<coupon::v1::ActivateCampaignResponse> ActivateCampaign(
      const Context& context, const coupon::v1::ActivateCampaignRequest& request);
  Answer<coupon::v1::PauseCampaignResponse> PauseCampaign(const Context& context,
                                                          const coupon::v1::PauseCampaignRequest& request);
  Answer<coupon::v1::ResumeCampaignResponse> ResumeCampaign(const Context& context,
                                                            const coupon::v1::ResumeCampaignRequest& request);
  Answer<coupon::v1::EndCampaignResponse> EndCampaign(const Context& context,
                                                      const coupon::v1::EndCampaignRequest& request);

 private:
  struct Step {
    storage::Method method;
    core::Transition transition;
  };
  template <class Response, class Request>
  Answer<Response> Move(const Context& context, const Request& request, Step step);

  storage::CampaignStore& store_;
  const program::HandlerTools& tools_;
  IssuerMetrics& metrics_;
};

}  // namespace tessera::issuer
