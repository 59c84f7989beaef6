#include "services/program/code_reader.h"
#include "services/program/store_program.h"
#include "services/program/sweep_loop.h"
#include "services/redeemer/judgement_handlers.h"
#include "services/redeemer/operation_handlers.h"
#include "services/redeemer/optimize_handlers.h"
#include "services/redeemer/redemption_handlers.h"
#include "services/redeemer/return_handlers.h"

namespace tessera::redeemer {
namespace {

// Uses of coupons: RedeemerService.
class RedeemerProgram final : public program::StoreProgram {
  void BindOwn(server::ConfigBinder& binder) override {
    program::Bind(binder.Section("sweep", "Finishing what others left."), sweep_);
    program::Bind(binder.Section("attempts", "The budget of wrong codes."), attempts_);
  }

  void BuildOwn(server::ServiceHost& host) override {
    metrics_ = std::make_unique<RedeemerMetrics>(host.registry);
    codes_ = std::make_unique<program::CodeReader>(store(), store(), tools(), attempts_, host.registry);
    judgements_ = std::make_unique<JudgementHandlers>(store(), store(), *codes_, tools(), *metrics_);
    choices_ = std::make_unique<OptimizeHandlers>(store(), store(), *codes_, tools(), *metrics_);
    redemptions_ = std::make_unique<RedemptionHandlers>(store(), *codes_, tools(), *metrics_);
    returns_ = std::make_unique<ReturnHandlers>(store(), tools(), *metrics_);
    operations_ = std::make_unique<OperationHandlers>(store(), store(), *codes_, tools(), *metrics_);
    host.router.Serve("coupon.v1.RedeemerService");
    judgements_->Register(host.router);
    choices_->Register(host.router);
    redemptions_->Register(host.router);
    returns_->Register(host.router);
    operations_->Register(host.router);
    AddLoop(std::make_unique<program::SweepLoop>(store(), partitions(), sweep_, host.registry));
  }

  program::SweepConfig sweep_;
  program::AttemptConfig attempts_;
  std::unique_ptr<RedeemerMetrics> metrics_;
  std::unique_ptr<program::CodeReader> codes_;
  std::unique_ptr<JudgementHandlers> judgements_;
  std::unique_ptr<OptimizeHandlers> choices_;
  std::unique_ptr<RedemptionHandlers> redemptions_;
  std::unique_ptr<ReturnHandlers> returns_;
  std::unique_ptr<OperationHandlers> operations_;
};

}  // namespace
}  // namespace tessera::redeemer

int main(int argc, char** argv) {
  tessera::redeemer::RedeemerProgram program;
  return tessera::server::RunService(argc, argv, "redeemer", program);
}
