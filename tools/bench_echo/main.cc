// tessera-bench-echo: a service like any other of Tessera's, whose one method does nothing.

#include "coupon/v1/issuer_service.pb.h"
#include "server/service_main.h"

namespace {

using coupon::v1::ClaimCouponRequest;
using coupon::v1::ClaimCouponResponse;

class EchoProgram final : public tessera::server::ServiceProgram {
 public:
  EchoProgram() {
    // As large as the answer to a claim.
    auto* coupon = answer_.mutable_coupon();
    coupon->set_coupon_id("c-20971523");
    coupon->set_code("7K2M-90QX-ABCD-EFGH");
    coupon->mutable_issue_time()->set_seconds(1'700'000'000);
    coupon->mutable_issue_time()->set_nanos(123'000'000);
    coupon->mutable_expire_time()->set_seconds(1'700'600'000);
    coupon->mutable_expire_time()->set_nanos(123'000'000);
  }

  void Bind(tessera::server::ConfigBinder&) override {}

  tessera::core::Status Build(tessera::server::ServiceHost& host) override {
    host.router.Serve("tessera.bench.v1.EchoService");
    host.router.Handle("tessera.bench.v1.EchoService/Echo", this, &EchoProgram::Echo);
    host.health.Add("echo")->Set(true, "there is nothing it depends on");
    return tessera::core::Ok();
  }

  tessera::async::Task<void> Start() override { co_return; }
  tessera::async::Task<void> Stop() override { co_return; }

 private:
  tessera::async::Task<tessera::core::Result<ClaimCouponResponse>> Echo(const tessera::server::CallContext&,
                                                                        const ClaimCouponRequest& request) {
    ClaimCouponResponse answer = answer_;
    answer.mutable_coupon()->set_campaign_id(request.campaign_id());
    co_return answer;
  }

  ClaimCouponResponse answer_;
};

}  // namespace

int main(int argc, char** argv) {
  EchoProgram program;
  return tessera::server::RunService(argc, argv, "bench-echo", program);
}
