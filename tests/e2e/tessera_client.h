// TesseraClient calls all services with the public API, as their callers do, and tries again while a call is
// worth it. Any thread, each call blocks its thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coupon/v1/analytics_service.grpc.pb.h"
#include "coupon/v1/campaign_service.grpc.pb.h"
#include "coupon/v1/issuer_service.grpc.pb.h"
#include "coupon/v1/job_service.grpc.pb.h"
#include "coupon/v1/redeemer_service.grpc.pb.h"
#include "tests/e2e/ledger_view.h"
#include "tests/support/service_process.h"
#include "tools/load/patient_call.h"
#include "tools/load/request_ids.h"

namespace tessera::e2e {

namespace pb = coupon::v1;

class TesseraClient {
 public:
  struct Addresses {
    std::string issuer;
    std::string redeemer;
    std::string analytics;
    std::string token;
  };
  explicit TesseraClient(const Addresses& addresses);
  // Straight to the services, as an ADMIN.
  explicit TesseraClient(testing::Deployment& deployment);

  // Time-out, number of tries and the counters. Set it before the first call.
  load::Caller caller;
  std::string NextId();

  grpc::Status Call(const pb::CreateCampaignRequest& request, pb::CreateCampaignResponse* response);
  grpc::Status Call(const pb::UpdateCampaignRequest& request, pb::UpdateCampaignResponse* response);
  grpc::Status Call(const pb::ActivateCampaignRequest& request, pb::ActivateCampaignResponse* response);
  grpc::Status Call(const pb::PauseCampaignRequest& request, pb::PauseCampaignResponse* response);
  grpc::Status Call(const pb::ResumeCampaignRequest& request, pb::ResumeCampaignResponse* response);
  grpc::Status Call(const pb::EndCampaignRequest& request, pb::EndCampaignResponse* response);
  grpc::Status Call(const pb::GetCampaignRequest& request, pb::GetCampaignResponse* response);
  grpc::Status Call(const pb::ListCampaignsRequest& request, pb::ListCampaignsResponse* response);
  grpc::Status Call(const pb::IssueCouponRequest& request, pb::IssueCouponResponse* response);
  grpc::Status Call(const pb::ClaimCouponRequest& request, pb::ClaimCouponResponse* response);
  grpc::Status Call(const pb::BatchIssueCouponsRequest& request, pb::BatchIssueCouponsResponse* response);
  grpc::Status Call(const pb::GetCouponRequest& request, pb::GetCouponResponse* response);
  grpc::Status Call(const pb::ListUserCouponsRequest& request, pb::ListUserCouponsResponse* response);
  grpc::Status Call(const pb::RevokeCouponRequest& request, pb::RevokeCouponResponse* response);
  grpc::Status Call(const pb::GenerateCodesRequest& request, pb::GenerateCodesResponse* response);
  grpc::Status Call(const pb::BindCodeRequest& request, pb::BindCodeResponse* response);
  grpc::Status Call(const pb::CreateJobRequest& request, pb::CreateJobResponse* response);
  grpc::Status Call(const pb::GetJobRequest& request, pb::GetJobResponse* response);
  grpc::Status Call(const pb::ListJobsRequest& request, pb::ListJobsResponse* response);
  grpc::Status Call(const pb::CancelJobRequest& request, pb::CancelJobResponse* response);
  grpc::Status Call(const pb::ValidateCouponsRequest& request, pb::ValidateCouponsResponse* response);
  grpc::Status Call(const pb::OptimizeCouponsRequest& request, pb::OptimizeCouponsResponse* response);
  grpc::Status Call(const pb::ListEligibleCouponsRequest& request, pb::ListEligibleCouponsResponse* response);
  grpc::Status Call(const pb::ExplainRedemptionRequest& request, pb::ExplainRedemptionResponse* response);
  grpc::Status Call(const pb::RedeemCouponsRequest& request, pb::RedeemCouponsResponse* response);
  grpc::Status Call(const pb::ReserveCouponsRequest& request, pb::ReserveCouponsResponse* response);
  grpc::Status Call(const pb::CommitReservationRequest& request, pb::CommitReservationResponse* response);
  grpc::Status Call(const pb::ReleaseReservationRequest& request, pb::ReleaseReservationResponse* response);
  grpc::Status Call(const pb::RollbackRedemptionRequest& request, pb::RollbackRedemptionResponse* response);
  grpc::Status Call(const pb::GetRedemptionRequest& request, pb::GetRedemptionResponse* response);
  grpc::Status Call(const pb::GetOperationRequest& request, pb::GetOperationResponse* response);
  grpc::Status Call(const pb::FenceOperationRequest& request, pb::FenceOperationResponse* response);
  grpc::Status Call(const pb::GetCampaignStatsRequest& request, pb::GetCampaignStatsResponse* response);
  grpc::Status Call(const pb::VerifyInvariantsRequest& request, pb::VerifyInvariantsResponse* response);

  // Takes the codes of a batch from `request.start_offset` on, until the stream ends or `codes` has so many;
  // the next offset to ask for is then in the request. Not tried again.
  grpc::Status Stream(pb::StreamCodesRequest* request, std::vector<std::string>* codes,
                      size_t codes_max = SIZE_MAX);
  // Sends the import's codes in parts of `part_size` after its header. Not tried again.
  grpc::Status Import(const pb::ImportCodesRequest& header, const std::vector<std::string>& codes,
                      pb::ImportCodesResponse* response, size_t part_size = 1000);

  // The requests that most tests make, with a new request_id.
  pb::ClaimCouponRequest ClaimOf(const std::string& campaign_id, const std::string& user_id);
  pb::RedeemCouponsRequest RedeemOf(const std::string& code, const std::string& order_id,
                                    int64_t subtotal_minor = 5000);
  pb::ReserveCouponsRequest ReserveOf(const std::string& code, const std::string& order_id,
                                      int64_t ttl_s = 60);
  static pb::Order OrderOf(const std::string& order_id, int64_t subtotal_minor = 5000);

  // Creates and activates a campaign; throws when that is refused.
  void Open(const std::string& campaign_id, const pb::CampaignDefinition& definition);
  // Waits until every event of the ledger is counted, and returns the statistics. While nothing changes,
  // these are final. REQUIRES: it was made from a deployment, which must outlive it.
  pb::CampaignStats SettledStats(const std::string& campaign_id);
  // What VerifyInvariants finds, each difference on a line; empty when all agree.
  std::string Differences();

 private:
  std::unique_ptr<pb::CampaignService::Stub> campaigns_;
  std::unique_ptr<pb::IssuerService::Stub> issuer_;
  std::unique_ptr<pb::JobService::Stub> jobs_;
  std::unique_ptr<pb::RedeemerService::Stub> redeemer_;
  std::unique_ptr<pb::AnalyticsService::Stub> analytics_;
  std::mutex ledger_mutex_;
  std::unique_ptr<LedgerView> ledger_;
  std::mutex ids_mutex_;
  load::RequestIds ids_;
};

}  // namespace tessera::e2e
