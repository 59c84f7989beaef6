#include "tools/load/program.h"

#include <cstdio>
#include <memory>
#include <vector>

#include "tools/load/campaign_setup.h"
#include "tools/load/refusal.h"
#include "tools/load/report.h"

namespace tessera::load {
namespace {

// What a forged code is refused with, before and after the budget of wrong codes is spent.
constexpr const char* kForgedRefusals[] = {"INVALID_ARGUMENT/INVALID_CODE",
                                           "RESOURCE_EXHAUSTED/ATTEMPTS_EXHAUSTED"};

int Fail(const std::string& what, const grpc::Status& status) {
  std::fprintf(stderr, "tessera-load: %s: %s: %s\n", what.c_str(), RefusalLabel(status).c_str(),
               status.error_message().c_str());
  return 1;
}

int Print(const LoadOptions& options, const LoadResult& result) {
  const std::string name = MethodWord(options.method);
  const std::string text =
      options.json ? LoadJson(name, options.plan, result) + "\n" : LoadTable(name, options.plan, result);
  std::fputs(text.c_str(), stdout);
  if (options.method != LoadMethod::kForgedRedeem) return result.refused == 0 && result.succeeded > 0 ? 0 : 1;
  int64_t as_forged = 0;
  for (const char* refusal : kForgedRefusals) {
    const auto found = result.refusals.find(refusal);
    if (found != result.refusals.end()) as_forged += found->second;
  }
  return result.succeeded == 0 && as_forged > 0 && as_forged == result.refused ? 0 : 1;
}

// Claims the coupons that a redeem run will use.
std::vector<HeldCoupon> Prepare(const LoadOptions& options, const Channels& issuer,
                                const std::string& campaign_id) {
  std::vector<HeldCoupon> coupons;
  ClaimTraffic claims(campaign_id, options.seed, &coupons);
  LoadPlan plan = options.plan;
  plan.rate = 0;
  plan.warmup = std::chrono::milliseconds(0);
  plan.duration = std::chrono::minutes(10);
  plan.calls_max = options.prepared;
  RunLoad(issuer, claims, plan);
  return coupons;
}

int RunWithCampaign(const LoadOptions& options) {
  const Channels issuer = Connect(options.issuer, options.connections);
  std::string campaign_id = options.campaign_id;
  if (campaign_id.empty()) {
    campaign_id = "load-" + std::to_string(NowMillis());
    const grpc::Status status =
        CreateActiveCampaign(issuer.front(), options.plan.token, campaign_id, PlainDefinition("Load"));
    if (!status.ok()) return Fail("creating campaign " + campaign_id, status);
  }
  if (options.method == LoadMethod::kClaim) {
    ClaimTraffic traffic(campaign_id, options.seed);
    return Print(options, RunLoad(issuer, traffic, options.plan));
  }
  if (options.method == LoadMethod::kBatchIssue) {
    BatchIssueTraffic traffic(campaign_id, options.seed, options.batch_size);
    return Print(options, RunLoad(issuer, traffic, options.plan));
  }
  const std::vector<HeldCoupon> coupons = Prepare(options, issuer, campaign_id);
  RedeemTraffic traffic(&coupons, options.seed);
  return Print(options, RunLoad(Connect(options.redeemer, options.connections), traffic, options.plan));
}

}  // namespace

int RunProgram(const LoadOptions& options) {
  if (options.method == LoadMethod::kEcho) {
    ClaimTraffic traffic("echo", options.seed);
    traffic.To("/tessera.bench.v1.EchoService/Echo");
    return Print(options, RunLoad(Connect(options.echo, options.connections), traffic, options.plan));
  }
  if (options.method == LoadMethod::kForgedRedeem) {
    ForgedTraffic traffic(options.seed);
    return Print(options, RunLoad(Connect(options.redeemer, options.connections), traffic, options.plan));
  }
  return RunWithCampaign(options);
}

}  // namespace tessera::load
