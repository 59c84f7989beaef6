// Redis is made less durable than the deployment promises while the services run: they close, say why, and
// open again when the promise holds again.

#include <gtest/gtest.h>

#include "tests/e2e/raw_call.h"
#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tests/support/http_get.h"
#include "tests/support/wait_until.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using Clock = std::chrono::steady_clock;
using testing::RedisDurability;

constexpr double kCloseSecondsMax = 5;
constexpr double kOpenSecondsMax = 5;

struct Weakening {
  RedisDurability promise;
  std::vector<std::string> weaken;
  std::vector<std::string> restore;
  std::string cause;  // what the operator is told
};

const std::vector<Weakening>& Weakenings() {
  static const std::vector<Weakening> all = {
      {RedisDurability::kFsync, {"appendfsync", "no"}, {"appendfsync", "always"}, "appendfsync is no"},
      {RedisDurability::kFsync,
       {"appendfsync", "everysec"},
       {"appendfsync", "always"},
       "appendfsync is everysec"},
      {RedisDurability::kFsync, {"appendonly", "no"}, {"appendonly", "yes"}, "appendonly is not yes"},
      {RedisDurability::kFsync,
       {"maxmemory-policy", "allkeys-lru"},
       {"maxmemory-policy", "noeviction"},
       "maxmemory-policy is allkeys-lru"},
      {RedisDurability::kEverysec, {"appendfsync", "no"}, {"appendfsync", "everysec"}, "appendfsync is no"},
  };
  return all;
}

// What callers, probes and load balancers see of one deployment.
class Watched {
 public:
  explicit Watched(RedisDurability promise) : deployment_(Options(promise)), client_(deployment_) {
    client_.caller.tries_max = 1;
    client_.Open("watched", load::PlainDefinition("Watched"));
    pb::ClaimCouponResponse claimed;
    EXPECT_TRUE(client_.Call(client_.ClaimOf("watched", "ada"), &claimed).ok());
    code_ = claimed.coupon().code();
  }

  void Set(const std::vector<std::string>& setting) {
    EXPECT_EQ(deployment_.redis().Command({"CONFIG", "SET", setting[0], setting[1]}), "OK");
  }

  // A claim and a redemption that are not tried again.
  std::vector<std::string> Changes() {
    pb::ClaimCouponResponse claimed;
    pb::RedeemCouponsResponse redeemed;
    return {LabelOf(client_.Call(client_.ClaimOf("watched", "bob"), &claimed)),
            LabelOf(client_.Call(client_.RedeemOf(code_, "order-" + std::to_string(++orders_)), &redeemed))};
  }

  bool Closed() {
    const std::vector<std::string> refused(2, "UNAVAILABLE/DURABILITY_BELOW_PROMISE");
    return Changes() == refused && AllSay(503, "\x08\x02");
  }
  bool Open() {
    const std::vector<std::string> changes = Changes();
    const bool redeemer_open = changes[1] == "OK" || changes[1].ends_with("COUPON_ALREADY_REDEEMED");
    return changes[0] == "OK" && redeemer_open && AllSay(200, "\x08\x01");
  }

  // Whether the metrics of all services say that it is closed for this.
  double ClosedSeries() {
    double closed = 0;
    for (auto* service : {&deployment_.issuer(), &deployment_.redeemer(), &deployment_.analytics()}) {
      closed += testing::MetricValue(service->Metrics(),
                                     "tessera_store_closed{reason=\"DURABILITY_BELOW_PROMISE\"}");
    }
    return closed / 3;
  }
  std::string Readiness() { return testing::HttpGet(deployment_.issuer().http_address(), "/readyz").body; }
  bool ReadsGoOn() {
    pb::GetCouponRequest get;
    get.mutable_coupon()->set_code(code_);
    pb::GetCouponResponse response;
    return client_.Call(get, &response).ok();
  }
  std::string Differences() { return client_.Differences(); }

 private:
  static testing::DeploymentOptions Options(RedisDurability promise) {
    testing::DeploymentOptions options;
    options.durability = promise;
    options.buckets = kFewBuckets;
    options.log_level = "error";
    return options;
  }
  static std::string LabelOf(const grpc::Status& status) {
    return status.ok() ? "OK" : load::RefusalLabel(status);
  }

  // Readiness by HTTP and by grpc.health.v1 (HealthCheckResponse{status}), of all services.
  bool AllSay(int http_status, const std::string& health) {
    for (auto* service : {&deployment_.issuer(), &deployment_.redeemer(), &deployment_.analytics()}) {
      if (testing::HttpGet(service->http_address(), "/readyz").status != http_status) return false;
      if (RawCall(service->grpc_address(), "/grpc.health.v1.Health/Check", "").bytes != health) return false;
    }
    return true;
  }

  testing::Deployment deployment_;
  TesseraClient client_;
  std::string code_;
  int64_t orders_ = 0;
};

template <class Condition>
double SecondsUntil(const std::string& what, Condition condition) {
  const auto began = Clock::now();
  testing::WaitUntil(what, condition);
  return std::chrono::duration<double>(Clock::now() - began).count();
}

TEST(DurabilityTest, ClosesWhileRedisKeepsLessThanPromised) {
  int64_t trials = 0;
  for (const RedisDurability promise : {RedisDurability::kFsync, RedisDurability::kEverysec}) {
    Watched watched(promise);
    for (int64_t round = 0; round < Trials(1, 10); ++round) {
      for (const Weakening& weakening : Weakenings()) {
        if (weakening.promise != promise) continue;
        SCOPED_TRACE(weakening.cause);
        ASSERT_TRUE(watched.Open());
        watched.Set(weakening.weaken);
        const double close = SecondsUntil("the services are closed", [&] { return watched.Closed(); });
        EXPECT_LT(close, kCloseSecondsMax);
        EXPECT_NE(watched.Readiness().find(weakening.cause), std::string::npos) << watched.Readiness();
        EXPECT_EQ(watched.ClosedSeries(), 1);
        EXPECT_TRUE(watched.ReadsGoOn());
        watched.Set(weakening.restore);
        const double open = SecondsUntil("the services are open", [&] { return watched.Open(); });
        EXPECT_LT(open, kOpenSecondsMax);
        EXPECT_EQ(watched.ClosedSeries(), 0);
        std::printf("%s: closed after %.2f s, open again after %.2f s\n", weakening.cause.c_str(), close,
                    open);
        ++trials;
      }
    }
    EXPECT_EQ(watched.Differences(), "");
  }
  PrintTrials("durability weakened at run time", trials);
}

}  // namespace
}  // namespace tessera::e2e
