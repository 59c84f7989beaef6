// How long a user with 500 coupons waits to see what each would take off the cart.

#include <google/protobuf/arena.h>

#include <algorithm>
#include <stdexcept>

#include "coupon/v1/issuer_service.grpc.pb.h"
#include "coupon/v1/redeemer_service.grpc.pb.h"
#include "tools/bench_figures/bench_deployment.h"
#include "tools/bench_figures/measure.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"
#include "tools/load/patient_call.h"
#include "tools/load/refusal.h"
#include "tools/load/request_ids.h"

namespace tessera::bench {
namespace {

namespace pb = coupon::v1;

constexpr int kCampaigns = 100;
constexpr int kCoupons = 500;
constexpr int kLines = 10;
constexpr int kCalls = 200;
constexpr size_t kAnswerBytesMax = size_t{4} << 20;  // as a message; more would be allocated
constexpr char kUser[] = "collector";

class EligibleBench {
 public:
  EligibleBench() : deployment_(BenchDeployment()) {
    caller_.token = deployment_.token("ADMIN");
    const auto channel = load::Connect(deployment_.issuer().grpc_address(), 1).front();
    const auto issuer = pb::IssuerService::NewStub(channel);
    for (int i = 0; i < kCampaigns; ++i) {
      pb::CampaignDefinition definition = load::PlainDefinition("Bench");
      definition.mutable_offer()->mutable_percent_off()->set_basis_points(500 + i);
      if (i % 5 == 0) definition.mutable_offer()->set_minimum_spend_minor(1'000'000);
      // Whether there is room in it, a script must say.
      if (i % 5 == 1) definition.mutable_use_limits()->set_uses_per_user_total(10);
      const std::string id = "bench-" + std::to_string(i);
      Check(load::CreateActiveCampaign(channel, caller_.token, id, definition));
      for (int k = 0; k < kCoupons / kCampaigns; ++k) {
        pb::ClaimCouponRequest claim;
        claim.set_request_id(ids_.Next());
        claim.set_campaign_id(id);
        claim.set_user_id(kUser);
        pb::ClaimCouponResponse claimed;
        Check(load::CallPatiently(caller_, issuer.get(), &pb::IssuerService::Stub::ClaimCoupon, claim,
                                  &claimed));
      }
    }
    redeemer_ = pb::RedeemerService::NewStub(load::Connect(deployment_.redeemer().grpc_address(), 1).front());
  }

  // Milliseconds of one call after the other, sorted.
  std::vector<double> Calls(pb::EligibleCouponView view) {
    pb::ListEligibleCouponsRequest request;
    request.set_view(view);
    request.set_user_id(kUser);
    request.set_page_size(kCoupons);
    request.mutable_order()->set_order_id("order-1");
    request.mutable_order()->set_currency_code("EUR");
    for (int i = 0; i < kLines; ++i) {
      pb::OrderLine* line = request.mutable_order()->add_lines();
      line->set_line_id(std::to_string(i));
      line->set_sku("sku-" + std::to_string(i));
      line->set_quantity(1 + i % 3);
      line->set_unit_price_minor(990 + 7 * i);
    }
    // As a caller takes it who cares for the time: its parts, 13,000 with the lines, on memory that is used
    // again.
    std::vector<char> memory(kAnswerBytesMax);
    google::protobuf::ArenaOptions options;
    options.initial_block = memory.data();
    options.initial_block_size = memory.size();
    google::protobuf::Arena arena(options);
    std::vector<double> millis;
    for (int i = 0; i < kCalls; ++i) {
      arena.Reset();
      auto* response = google::protobuf::Arena::CreateMessage<pb::ListEligibleCouponsResponse>(&arena);
      const auto begin = std::chrono::steady_clock::now();
      Check(load::CallPatiently(caller_, redeemer_.get(), &pb::RedeemerService::Stub::ListEligibleCoupons,
                                request, response));
      millis.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
      if (response->coupons_size() != kCoupons) throw std::runtime_error("not all coupons were listed");
    }
    std::sort(millis.begin(), millis.end());
    return millis;
  }

 private:
  static void Check(const grpc::Status& status) {
    if (!status.ok())
      throw std::runtime_error("refused: " + load::RefusalLabel(status) + " " + status.error_message());
  }

  testing::Deployment deployment_;
  load::Caller caller_;
  load::RequestIds ids_{17};
  std::unique_ptr<pb::RedeemerService::Stub> redeemer_;
};

double P50(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }
double P99(const std::vector<double>& sorted) { return sorted[(sorted.size() - 1) * 99 / 100]; }

}  // namespace

void MeasureEligible(const BenchOptions& options, BenchResult* result) {
  Say("a user's 500 coupons judged for one order");
  EligibleBench bench;
  bench.Calls(pb::ELIGIBLE_COUPON_VIEW_BASIC);
  Figure p99{"eligible500_p99_ms",
             "milliseconds until all 500 coupons of a user are judged for an order of 10 lines, p99", 0, 10};
  for (int round = 0; round < options.rounds; ++round) {
    const std::vector<double> millis = bench.Calls(pb::ELIGIBLE_COUPON_VIEW_BASIC);
    p99.samples.push_back(P99(millis));
    result->parts["list of 500 coupons p50 ms"].push_back(P50(millis));
    const std::vector<double> with_lines = bench.Calls(pb::ELIGIBLE_COUPON_VIEW_FULL);
    result->parts["with what each takes off which line p50 ms"].push_back(P50(with_lines));
    result->parts["with what each takes off which line p99 ms"].push_back(P99(with_lines));
  }
  result->figures.push_back(p99);
}

}  // namespace tessera::bench
