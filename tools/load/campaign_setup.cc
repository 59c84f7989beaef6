#include "tools/load/campaign_setup.h"

#include "coupon/v1/campaign_service.grpc.pb.h"
#include "tools/load/request_ids.h"

namespace tessera::load {
namespace {

constexpr std::chrono::seconds kTimeout{10};
constexpr int64_t kHourMs = int64_t{3600} * 1000;

}  // namespace

int64_t NowMillis() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void SetMillis(int64_t unix_ms, google::protobuf::Timestamp* timestamp) {
  timestamp->set_seconds(unix_ms / 1000);
  timestamp->set_nanos(static_cast<int32_t>(unix_ms % 1000) * 1'000'000);
}

coupon::v1::CampaignDefinition PlainDefinition(const std::string& display_name) {
  coupon::v1::CampaignDefinition definition;
  definition.set_display_name(display_name);
  definition.set_currency_code("EUR");
  definition.set_time_zone("Europe/Berlin");
  definition.mutable_offer()->mutable_percent_off()->set_basis_points(1000);
  definition.mutable_offer()->mutable_percent_off()->set_cap_minor(1000);
  const int64_t start_ms = NowMillis() - kHourMs;
  for (auto* window : {definition.mutable_claim_window(), definition.mutable_use_window()}) {
    SetMillis(start_ms, window->mutable_start_time());
    SetMillis(start_ms + 7 * 24 * kHourMs, window->mutable_end_time());
  }
  return definition;
}

void PrepareContext(const std::string& token, std::chrono::milliseconds timeout,
                    grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + timeout);
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
}

grpc::Status CreateActiveCampaign(const std::shared_ptr<grpc::Channel>& issuer, const std::string& token,
                                  const std::string& campaign_id,
                                  const coupon::v1::CampaignDefinition& definition) {
  const auto stub = coupon::v1::CampaignService::NewStub(issuer);
  RequestIds ids;
  coupon::v1::CreateCampaignRequest create;
  create.set_request_id(ids.Next());
  create.set_campaign_id(campaign_id);
  *create.mutable_campaign() = definition;
  coupon::v1::CreateCampaignResponse created;
  grpc::ClientContext create_context;
  PrepareContext(token, kTimeout, &create_context);
  const grpc::Status status = stub->CreateCampaign(&create_context, create, &created);
  if (!status.ok()) return status;

  coupon::v1::ActivateCampaignRequest activate;
  activate.set_request_id(ids.Next());
  activate.set_campaign_id(campaign_id);
  coupon::v1::ActivateCampaignResponse activated;
  grpc::ClientContext activate_context;
  PrepareContext(token, kTimeout, &activate_context);
  return stub->ActivateCampaign(&activate_context, activate, &activated);
}

}  // namespace tessera::load
