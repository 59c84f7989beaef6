#include "tests/e2e/tessera_client.h"

#include <algorithm>
#include <stdexcept>

#include "tests/support/refusals.h"
#include "tests/support/wait_until.h"
#include "tools/load/generator.h"

namespace tessera::e2e {
namespace {

constexpr std::chrono::minutes kStreamTime{5};

grpc::Status Noted(grpc::Status status) {
  if (!status.ok()) NoteRefusal(load::RefusalOf(status).reason);
  return status;
}

}  // namespace

TesseraClient::TesseraClient(const Addresses& addresses) {
  caller.token = addresses.token;
  // One connection to each service.
  const auto issuer = load::Connect(addresses.issuer, 1).front();
  campaigns_ = pb::CampaignService::NewStub(issuer);
  issuer_ = pb::IssuerService::NewStub(issuer);
  jobs_ = pb::JobService::NewStub(issuer);
  redeemer_ = pb::RedeemerService::NewStub(load::Connect(addresses.redeemer, 1).front());
  analytics_ = pb::AnalyticsService::NewStub(load::Connect(addresses.analytics, 1).front());
}

TesseraClient::TesseraClient(testing::Deployment& deployment)
    : TesseraClient(Addresses{deployment.issuer().grpc_address(), deployment.redeemer().grpc_address(),
                              deployment.analytics().grpc_address(), deployment.token("ADMIN")}) {
  ledger_ = std::make_unique<LedgerView>(deployment);
}

std::string TesseraClient::NextId() {
  const std::lock_guard lock(ids_mutex_);
  return ids_.Next();
}

grpc::Status TesseraClient::Call(const pb::CreateCampaignRequest& request,
                                 pb::CreateCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::CreateCampaign,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::UpdateCampaignRequest& request,
                                 pb::UpdateCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::UpdateCampaign,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::ActivateCampaignRequest& request,
                                 pb::ActivateCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::ActivateCampaign,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::PauseCampaignRequest& request,
                                 pb::PauseCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::PauseCampaign,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::ResumeCampaignRequest& request,
                                 pb::ResumeCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::ResumeCampaign,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::EndCampaignRequest& request, pb::EndCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::EndCampaign, request,
                                   response));
}
grpc::Status TesseraClient::Call(const pb::GetCampaignRequest& request, pb::GetCampaignResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::GetCampaign, request,
                                   response));
}
grpc::Status TesseraClient::Call(const pb::ListCampaignsRequest& request,
                                 pb::ListCampaignsResponse* response) {
  return Noted(load::CallPatiently(caller, campaigns_.get(), &pb::CampaignService::Stub::ListCampaigns,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::IssueCouponRequest& request, pb::IssueCouponResponse* response) {
  return Noted(
      load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::IssueCoupon, request, response));
}
grpc::Status TesseraClient::Call(const pb::ClaimCouponRequest& request, pb::ClaimCouponResponse* response) {
  return Noted(
      load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::ClaimCoupon, request, response));
}
grpc::Status TesseraClient::Call(const pb::BatchIssueCouponsRequest& request,
                                 pb::BatchIssueCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::BatchIssueCoupons,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::GetCouponRequest& request, pb::GetCouponResponse* response) {
  return Noted(
      load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::GetCoupon, request, response));
}
grpc::Status TesseraClient::Call(const pb::ListUserCouponsRequest& request,
                                 pb::ListUserCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::ListUserCoupons, request,
                                   response));
}
grpc::Status TesseraClient::Call(const pb::RevokeCouponRequest& request, pb::RevokeCouponResponse* response) {
  return Noted(
      load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::RevokeCoupon, request, response));
}
grpc::Status TesseraClient::Call(const pb::GenerateCodesRequest& request,
                                 pb::GenerateCodesResponse* response) {
  return Noted(
      load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::GenerateCodes, request, response));
}
grpc::Status TesseraClient::Call(const pb::BindCodeRequest& request, pb::BindCodeResponse* response) {
  return Noted(
      load::CallPatiently(caller, issuer_.get(), &pb::IssuerService::Stub::BindCode, request, response));
}
grpc::Status TesseraClient::Call(const pb::CreateJobRequest& request, pb::CreateJobResponse* response) {
  return Noted(load::CallPatiently(caller, jobs_.get(), &pb::JobService::Stub::CreateJob, request, response));
}
grpc::Status TesseraClient::Call(const pb::GetJobRequest& request, pb::GetJobResponse* response) {
  return Noted(load::CallPatiently(caller, jobs_.get(), &pb::JobService::Stub::GetJob, request, response));
}
grpc::Status TesseraClient::Call(const pb::ListJobsRequest& request, pb::ListJobsResponse* response) {
  return Noted(load::CallPatiently(caller, jobs_.get(), &pb::JobService::Stub::ListJobs, request, response));
}
grpc::Status TesseraClient::Call(const pb::CancelJobRequest& request, pb::CancelJobResponse* response) {
  return Noted(load::CallPatiently(caller, jobs_.get(), &pb::JobService::Stub::CancelJob, request, response));
}
grpc::Status TesseraClient::Call(const pb::ValidateCouponsRequest& request,
                                 pb::ValidateCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::ValidateCoupons,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::OptimizeCouponsRequest& request,
                                 pb::OptimizeCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::OptimizeCoupons,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::ListEligibleCouponsRequest& request,
                                 pb::ListEligibleCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::ListEligibleCoupons,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::ExplainRedemptionRequest& request,
                                 pb::ExplainRedemptionResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::ExplainRedemption,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::RedeemCouponsRequest& request,
                                 pb::RedeemCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::RedeemCoupons,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::ReserveCouponsRequest& request,
                                 pb::ReserveCouponsResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::ReserveCoupons,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::CommitReservationRequest& request,
                                 pb::CommitReservationResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::CommitReservation,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::ReleaseReservationRequest& request,
                                 pb::ReleaseReservationResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::ReleaseReservation,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::RollbackRedemptionRequest& request,
                                 pb::RollbackRedemptionResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::RollbackRedemption,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::GetRedemptionRequest& request,
                                 pb::GetRedemptionResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::GetRedemption,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::GetOperationRequest& request, pb::GetOperationResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::GetOperation, request,
                                   response));
}
grpc::Status TesseraClient::Call(const pb::FenceOperationRequest& request,
                                 pb::FenceOperationResponse* response) {
  return Noted(load::CallPatiently(caller, redeemer_.get(), &pb::RedeemerService::Stub::FenceOperation,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::GetCampaignStatsRequest& request,
                                 pb::GetCampaignStatsResponse* response) {
  return Noted(load::CallPatiently(caller, analytics_.get(), &pb::AnalyticsService::Stub::GetCampaignStats,
                                   request, response));
}
grpc::Status TesseraClient::Call(const pb::VerifyInvariantsRequest& request,
                                 pb::VerifyInvariantsResponse* response) {
  return Noted(load::CallPatiently(caller, analytics_.get(), &pb::AnalyticsService::Stub::VerifyInvariants,
                                   request, response));
}

grpc::Status TesseraClient::Stream(pb::StreamCodesRequest* request, std::vector<std::string>* codes,
                                   size_t codes_max) {
  grpc::ClientContext context;
  load::PrepareContext(caller.token, kStreamTime, &context);
  const auto reader = issuer_->StreamCodes(&context, *request);
  pb::StreamCodesResponse response;
  while (codes->size() < codes_max && reader->Read(&response)) {
    codes->insert(codes->end(), response.codes().begin(), response.codes().end());
    request->set_start_offset(response.next_offset());
  }
  if (codes->size() >= codes_max) context.TryCancel();
  return Noted(reader->Finish());
}

grpc::Status TesseraClient::Import(const pb::ImportCodesRequest& header,
                                   const std::vector<std::string>& codes, pb::ImportCodesResponse* response,
                                   size_t part_size) {
  grpc::ClientContext context;
  load::PrepareContext(caller.token, kStreamTime, &context);
  const auto writer = issuer_->ImportCodes(&context, response);
  bool open = writer->Write(header);
  for (size_t i = 0; open && i < codes.size(); i += part_size) {
    pb::ImportCodesRequest part;
    for (size_t j = i; j < std::min(codes.size(), i + part_size); ++j) part.add_codes(codes[j]);
    open = writer->Write(part);
  }
  writer->WritesDone();
  return Noted(writer->Finish());
}

pb::ClaimCouponRequest TesseraClient::ClaimOf(const std::string& campaign_id, const std::string& user_id) {
  pb::ClaimCouponRequest request;
  request.set_request_id(NextId());
  request.set_campaign_id(campaign_id);
  request.set_user_id(user_id);
  return request;
}

pb::Order TesseraClient::OrderOf(const std::string& order_id, int64_t subtotal_minor) {
  pb::Order order;
  order.set_order_id(order_id);
  order.set_currency_code("EUR");
  pb::OrderLine* line = order.add_lines();
  line->set_line_id("1");
  line->set_sku("sku-1");
  line->set_quantity(1);
  line->set_unit_price_minor(subtotal_minor);
  return order;
}

pb::RedeemCouponsRequest TesseraClient::RedeemOf(const std::string& code, const std::string& order_id,
                                                 int64_t subtotal_minor) {
  pb::RedeemCouponsRequest request;
  request.set_request_id(NextId());
  request.add_coupons()->set_code(code);
  *request.mutable_order() = OrderOf(order_id, subtotal_minor);
  return request;
}

pb::ReserveCouponsRequest TesseraClient::ReserveOf(const std::string& code, const std::string& order_id,
                                                   int64_t ttl_s) {
  pb::ReserveCouponsRequest request;
  request.set_request_id(NextId());
  request.add_coupons()->set_code(code);
  *request.mutable_order() = OrderOf(order_id);
  request.mutable_ttl()->set_seconds(ttl_s);
  return request;
}

void TesseraClient::Open(const std::string& campaign_id, const pb::CampaignDefinition& definition) {
  pb::CreateCampaignRequest create;
  create.set_request_id(NextId());
  create.set_campaign_id(campaign_id);
  *create.mutable_campaign() = definition;
  pb::CreateCampaignResponse created;
  grpc::Status status = Call(create, &created);
  if (status.ok()) {
    pb::ActivateCampaignRequest activate;
    activate.set_request_id(NextId());
    activate.set_campaign_id(campaign_id);
    pb::ActivateCampaignResponse activated;
    status = Call(activate, &activated);
  }
  if (!status.ok()) {
    throw std::runtime_error("opening " + campaign_id + ": " + load::RefusalLabel(status) + " " +
                             status.error_message());
  }
}

pb::CampaignStats TesseraClient::SettledStats(const std::string& campaign_id) {
  if (ledger_ == nullptr) throw std::logic_error("SettledStats needs a deployment");
  // The answer's as_of_lag is of analytics' last look, so a lag of 0 does not yet mean that all is counted.
  const std::lock_guard lock(ledger_mutex_);
  testing::WaitUntil(
      "every event is counted", [this] { return ledger_->AllCounted(); }, std::chrono::seconds(60));
  pb::GetCampaignStatsRequest request;
  request.set_campaign_id(campaign_id);
  pb::GetCampaignStatsResponse response;
  const grpc::Status status = Call(request, &response);
  if (!status.ok())
    throw std::runtime_error("statistics: " + load::RefusalLabel(status) + " " + status.error_message());
  return response.stats();
}

std::string TesseraClient::Differences() {
  pb::VerifyInvariantsRequest request;
  request.set_depth(pb::VERIFY_DEPTH_WALLETS);
  pb::VerifyInvariantsResponse response;
  // It reads every wallet, so it may take longer than any other call.
  grpc::ClientContext context;
  load::PrepareContext(caller.token, std::chrono::minutes(5), &context);
  context.set_wait_for_ready(true);
  const grpc::Status status = analytics_->VerifyInvariants(&context, request, &response);
  if (!status.ok()) return "VerifyInvariants: " + load::RefusalLabel(status) + " " + status.error_message();
  if (response.terms_checked() == 0) return "nothing was compared";
  std::string text;
  for (const auto& difference : response.differences()) text += difference.ShortDebugString() + "\n";
  return text;
}

}  // namespace tessera::e2e
