#include "services/issuer/batch_handlers.h"
#include "services/issuer/campaign_handlers.h"
#include "services/issuer/coupon_handlers.h"
#include "services/issuer/job_handlers.h"
#include "services/issuer/job_worker.h"
#include "services/program/code_reader.h"
#include "services/program/store_program.h"
#include "services/program/sweep_loop.h"

namespace tessera::issuer {
namespace {

// Campaigns, coupons and jobs: CampaignService, IssuerService and JobService.
class IssuerProgram final : public program::StoreProgram {
  void BindOwn(server::ConfigBinder& binder) override {
    program::Bind(binder.Section("sweep", "Finishing what others left."), sweep_);
    issuer::Bind(binder.Section("jobs", "Doing work that is too long for one call."), jobs_config_);
    program::Bind(binder.Section("attempts", "The budget of wrong codes."), attempts_);
  }

  void BuildOwn(server::ServiceHost& host) override {
    metrics_ = std::make_unique<IssuerMetrics>(host.registry);
    campaigns_ = std::make_unique<CampaignHandlers>(store(), tools(), *metrics_);
    batches_ = std::make_unique<BatchHandlers>(store(), tools(), *metrics_);
    jobs_ = std::make_unique<JobHandlers>(store(), tools(), *metrics_);
    codes_ = std::make_unique<program::CodeReader>(store(), store(), tools(), attempts_, host.registry);
    coupons_ = std::make_unique<CouponHandlers>(store(), store(), *codes_, tools(), *metrics_);
    campaigns_->Register(host.router);
    coupons_->Register(host.router);
    batches_->Register(host.router);
    jobs_->Register(host.router);
    AddLoop(std::make_unique<program::SweepLoop>(store(), partitions(), sweep_, host.registry));
    AddLoop(std::make_unique<JobWorker>(store(), store(), tools(), jobs_config_, host.registry));
  }

  program::SweepConfig sweep_;
  JobConfig jobs_config_;
  program::AttemptConfig attempts_;
  std::unique_ptr<IssuerMetrics> metrics_;
  std::unique_ptr<program::CodeReader> codes_;
  std::unique_ptr<CampaignHandlers> campaigns_;
  std::unique_ptr<CouponHandlers> coupons_;
  std::unique_ptr<BatchHandlers> batches_;
  std::unique_ptr<JobHandlers> jobs_;
};

}  // namespace
}  // namespace tessera::issuer

int main(int argc, char** argv) {
  tessera::issuer::IssuerProgram program;
  return tessera::server::RunService(argc, argv, "issuer", program);
}
