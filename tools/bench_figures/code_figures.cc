#include <time.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "coupon/v1/issuer_service.grpc.pb.h"
#include "crypto/code_keys.h"
#include "tools/bench_figures/bench_deployment.h"
#include "tools/bench_figures/measure.h"
#include "tools/bench_figures/store_bench.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"
#include "tools/load/patient_call.h"
#include "tools/load/refusal.h"

namespace tessera::bench {
namespace {

namespace pb = coupon::v1;

constexpr size_t kRow = 10'000;
constexpr double kSecondsPerRound = 0.5;
constexpr uint64_t kMade = 1'000'000;
constexpr uint64_t kRedemptions = 8'000;
constexpr int kConnections = 8;

double ThreadCpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

double CodesPerSecond(const core::CodeBook& book) {
  std::vector<char> text(kRow * core::CodeBook::kTextLength);
  const double begin = ThreadCpuSeconds();
  double seconds = 0;
  uint64_t made = 0;
  for (; seconds < kSecondsPerRound; seconds = ThreadCpuSeconds() - begin) {
    const core::NumberRow row{.first = made * 64 % (uint64_t{1} << 34), .stride = 64, .count = kRow};
    book.MakeRow(book.current_key_id(), core::CodeKind::kUnbound, row, text);
    made += kRow;
  }
  return static_cast<double>(made) / seconds;
}

// AES-128 blocks a second, as `openssl speed` measures them on large pieces: +F:<n>:<cipher>:<bytes a
// second>.
double AesBlocksPerSecond() {
  const std::unique_ptr<FILE, int (*)(FILE*)> speed(
      popen("openssl speed -elapsed -mr -seconds 1 -bytes 16384 -evp aes-128-ecb 2>/dev/null", "r"), pclose);
  std::array<char, 256> line{};
  double bytes = 0;
  while (speed && std::fgets(line.data(), line.size(), speed.get()) != nullptr) {
    if (std::sscanf(line.data(), "+F:%*d:%*[^:]:%lf", &bytes) == 1) return bytes / 16;
  }
  throw std::runtime_error("openssl speed gave no figure");
}

void MeasureGenerator(const BenchOptions& options, BenchResult* result) {
  Say("making codes");
  std::string keys;
  for (const char* purpose : {"user", "code", "request", "token"}) {
    keys.append(purpose).append(" 0 ").append(64, '5').append(" current\n");
  }
  const core::CodeBook book = crypto::MakeCodeBook(*crypto::KeyFile::Parse(keys, "bench"));
  Figure codes{"codes_per_second_core", "codes made per second of one core, as texts", 1'000'000, 0};
  Figure over_aes{"codes_over_aes",
                  "the same / AES-128 blocks per second by openssl speed; a code takes ten"};
  for (int round = 0; round < options.rounds; ++round) {
    const double rate = CodesPerSecond(book);
    const double blocks = AesBlocksPerSecond();
    codes.samples.push_back(rate);
    over_aes.samples.push_back(rate / blocks);
    result->parts["AES blocks/s"].push_back(blocks);
  }
  result->figures.push_back(codes);
  result->figures.push_back(over_aes);
}

void MeasureMemory(BenchResult* result) {
  Say("bytes of codes that nobody has used");
  StoreBench bench(testing::RedisDurability::kMemory);
  bench.GenerateCodes(1);
  const int64_t before = bench.RedisMemoryBytes();
  bench.GenerateCodes(kMade);
  Figure bytes{"bytes_per_unbound_code", "bytes of Redis for a code that was made and not used, of 1,000,000",
               0, 0.5};
  bytes.samples.push_back(static_cast<double>(bench.RedisMemoryBytes() - before) /
                          static_cast<double>(kMade));
  result->figures.push_back(bytes);
}

// Redemptions of codes that belong to nobody and of coupons in wallets, through the services.
class UseBench {
 public:
  UseBench() : deployment_(BenchDeployment()) {
    issuer_ = load::Connect(deployment_.issuer().grpc_address(), kConnections);
    redeemer_ = load::Connect(deployment_.redeemer().grpc_address(), kConnections);
    const auto status = load::CreateActiveCampaign(issuer_.front(), deployment_.token("ADMIN"), kCampaign,
                                                   load::PlainDefinition("Bench"));
    if (!status.ok()) throw std::runtime_error("no campaign: " + load::RefusalLabel(status));
  }

  std::vector<load::HeldCoupon> Claimed() {
    std::vector<load::HeldCoupon> coupons;
    load::ClaimTraffic traffic(kCampaign, ++seed_, &coupons);
    Run(issuer_, traffic);
    return coupons;
  }
  std::vector<load::HeldCoupon> Printed() {
    pb::GenerateCodesRequest request;
    request.set_request_id(load::RequestIds(++seed_).Next());
    request.set_campaign_id(kCampaign);
    request.set_count(static_cast<int32_t>(kRedemptions));
    pb::GenerateCodesResponse response;
    load::Caller caller;
    caller.token = deployment_.token("ADMIN");
    const auto stub = pb::IssuerService::NewStub(issuer_.front());
    const auto status =
        load::CallPatiently(caller, stub.get(), &pb::IssuerService::Stub::GenerateCodes, request, &response);
    if (!status.ok()) throw std::runtime_error("no codes: " + load::RefusalLabel(status));
    std::vector<load::HeldCoupon> codes;
    const load::Users users(++seed_);
    for (uint64_t i = 0; i < kRedemptions; ++i)
      codes.push_back({users.Name(i), response.codes(static_cast<int>(i))});
    return codes;
  }
  double RedemptionsPerSecond(const std::vector<load::HeldCoupon>& coupons) {
    load::RedeemTraffic traffic(&coupons, ++seed_);
    return Run(redeemer_, traffic);
  }

 private:
  static constexpr char kCampaign[] = "bench";

  double Run(const load::Channels& channels, load::Traffic& traffic) {
    load::LoadPlan plan;
    plan.duration = std::chrono::minutes(1);
    plan.calls_max = kRedemptions;
    plan.token = deployment_.token("ADMIN");
    const load::LoadResult result = load::RunLoad(channels, traffic, plan);
    if (result.refused > 0 || result.succeeded == 0) {
      throw std::runtime_error("refused: " +
                               (result.refusals.empty() ? "everything" : result.refusals.begin()->first));
    }
    return result.successes_per_second();
  }

  testing::Deployment deployment_;
  load::Channels issuer_;
  load::Channels redeemer_;
  uint64_t seed_ = 0;
};

void MeasureUse(const BenchOptions& options, BenchResult* result) {
  Say("redeeming codes and coupons");
  UseBench bench;
  Figure use{"unbound_over_wallet",
             "redemptions per second of codes that belong to nobody / of coupons in wallets", 0.5, 0};
  for (int round = 0; round < options.rounds; ++round) {
    const double wallet = bench.RedemptionsPerSecond(bench.Claimed());
    const double unbound = bench.RedemptionsPerSecond(bench.Printed());
    use.samples.push_back(unbound / wallet);
    result->parts["redeem wallet coupon/s"].push_back(wallet);
    result->parts["redeem unbound code/s"].push_back(unbound);
  }
  result->figures.push_back(use);
}

}  // namespace

void MeasureCodes(const BenchOptions& options, BenchResult* result) {
  MeasureGenerator(options, result);
  MeasureMemory(result);
  MeasureUse(options, result);
}

}  // namespace tessera::bench
