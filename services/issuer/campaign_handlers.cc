#include "services/issuer/campaign_handlers.h"

#include "api/convert_campaign.h"
#include "api/parse_campaign.h"

namespace tessera::issuer {
namespace {

namespace pb = coupon::v1;
using core::Transition;
using storage::Method;

core::Error ForgedToken() {
  return core::Error(core::Reason::kInvalidPageToken, "page_token is none of this query");
}

}  // namespace

void CampaignHandlers::Register(server::Router& router) {
  const auto handle = [&](const char* method, program::OutcomeCounter& counter, auto member) {
    router.Handle(std::string("coupon.v1.CampaignService/") + method,
                  program::Counted(counter, this, member));
  };
  router.Serve("coupon.v1.CampaignService");
  handle("CreateCampaign", metrics_.create_campaign, &CampaignHandlers::CreateCampaign);
  handle("UpdateCampaign", metrics_.update_campaign, &CampaignHandlers::UpdateCampaign);
  handle("ActivateCampaign", metrics_.activate_campaign, &CampaignHandlers::ActivateCampaign);
  handle("PauseCampaign", metrics_.pause_campaign, &CampaignHandlers::PauseCampaign);
  handle("ResumeCampaign", metrics_.resume_campaign, &CampaignHandlers::ResumeCampaign);
  handle("EndCampaign", metrics_.end_campaign, &CampaignHandlers::EndCampaign);
  router.Handle("coupon.v1.CampaignService/GetCampaign", this, &CampaignHandlers::GetCampaign);
  router.Handle("coupon.v1.CampaignService/ListCampaigns", this, &CampaignHandlers::ListCampaigns);
}

CampaignHandlers::Answer<pb::CreateCampaignResponse> CampaignHandlers::CreateCampaign(
    const Context& context, const pb::CreateCampaignRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  if (parsed->campaign_id.empty()) {
    parsed->campaign_id = tools_.operations.DeriveCampaignId(context.caller.name, parsed->request_id);
  }
  const api::CampaignSubject subject{parsed->campaign_id};
  storage::Operation op = tools_.operations.Make(Method::kCreateCampaign, subject, parsed->request_id,
                                                 request, program::AskerOf(context));
  const auto changed =
      co_await store_.Create(std::move(op), std::move(parsed->campaign_id), std::move(parsed->definition));
  if (!changed.ok()) co_return changed.error();
  context.Note("campaign_id", changed->campaign_id);
  co_return api::ToChangeResponse<pb::CreateCampaignResponse>(*changed);
}

CampaignHandlers::Answer<pb::GetCampaignResponse> CampaignHandlers::GetCampaign(
    const Context& context, const pb::GetCampaignRequest& request) {
  auto campaign_id = api::ParseCampaignId(request.campaign_id());
  if (!campaign_id.ok()) co_return campaign_id.error();
  const auto campaign = co_await store_.Get(*std::move(campaign_id), context.deadline);
  if (!campaign.ok()) co_return campaign.error();
  pb::GetCampaignResponse response;
  *response.mutable_campaign() = api::ToProto(**campaign);
  co_return response;
}

CampaignHandlers::Answer<pb::ListCampaignsResponse> CampaignHandlers::ListCampaigns(
    const Context& context, const pb::ListCampaignsRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  // A token goes on where its own filter stood.
  const std::string query = "ListCampaigns/" + std::to_string(request.state());
  std::string cursor;
  if (!request.page_token().empty()) {
    auto opened = tools_.tokens.Open(query, request.page_token());
    if (!opened) co_return ForgedToken();
    cursor = *std::move(opened);
  }
  const auto page = co_await store_.List(parsed->page_size, std::move(cursor), context.deadline);
  if (!page.ok()) co_return page.error();
  pb::ListCampaignsResponse response;
  for (const storage::CampaignPtr& campaign : page->campaigns) {
    if (!parsed->state || campaign->state == *parsed->state)
      *response.add_campaigns() = api::ToProto(*campaign);
  }
  if (!page->next_cursor.empty()) response.set_next_page_token(tools_.tokens.Seal(query, page->next_cursor));
  co_return response;
}

CampaignHandlers::Answer<pb::UpdateCampaignResponse> CampaignHandlers::UpdateCampaign(
    const Context& context, const pb::UpdateCampaignRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("campaign_id", parsed->campaign_id);
  const api::CampaignSubject subject{parsed->campaign_id};
  storage::Operation op = tools_.operations.Make(Method::kUpdateCampaign, subject, parsed->request_id,
                                                 request, program::AskerOf(context));
  storage::Edit edit = [&request](const core::Campaign& current) {
    return api::EditDefinition(request, current);
  };
  const auto changed =
      co_await store_.Update(std::move(op), parsed->campaign_id, parsed->version, std::move(edit));
  if (!changed.ok()) co_return changed.error();
  co_return api::ToChangeResponse<pb::UpdateCampaignResponse>(*changed);
}

template <class Response, class Request>
CampaignHandlers::Answer<Response> CampaignHandlers::Move(const Context& context, const Request& request,
                                                          Step step) {
  const auto parsed = api::ParseMove(request.request_id(), request.campaign_id());
  if (!parsed.ok()) co_return parsed.error();
  context.Note("campaign_id", parsed->campaign_id);
  const api::CampaignSubject subject{parsed->campaign_id};
  storage::Operation op =
      tools_.operations.Make(step.method, subject, parsed->request_id, request, program::AskerOf(context));
  const auto changed = co_await store_.Move(std::move(op), parsed->campaign_id, step.transition);
  if (!changed.ok()) co_return changed.error();
  co_return api::ToChangeResponse<Response>(*changed);
}

CampaignHandlers::Answer<pb::ActivateCampaignResponse> CampaignHandlers::ActivateCampaign(
    const Context& context, const pb::ActivateCampaignRequest& request) {
  return Move<pb::ActivateCampaignResponse>(context, request,
                                            {Method::kActivateCampaign, Transition::kActivate});
}

CampaignHandlers::Answer<pb::PauseCampaignResponse> CampaignHandlers::PauseCampaign(
    const Context& context, const pb::PauseCampaignRequest& request) {
  return Move<pb::PauseCampaignResponse>(context, request, {Method::kPauseCampaign, Transition::kPause});
}

CampaignHandlers::Answer<pb::ResumeCampaignResponse> CampaignHandlers::ResumeCampaign(
    const Context& context, const pb::ResumeCampaignRequest& request) {
  return Move<pb::ResumeCampaignResponse>(context, request, {Method::kResumeCampaign, Transition::kResume});
}

CampaignHandlers::Answer<pb::EndCampaignResponse> CampaignHandlers::EndCampaign(
    const Context& context, const pb::EndCampaignRequest& request) {
  return Move<pb::EndCampaignResponse>(context, request, {Method::kEndCampaign, Transition::kEnd});
}

}  // namespace tessera::issuer
