#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "tools/bench_figures/bench_deployment.h"
#include "tools/bench_figures/lag_sampler.h"
#include "tools/bench_figures/measure.h"
#include "tools/bench_figures/store_bench.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"
#include "tools/load/refusal.h"

namespace tessera::bench {
namespace {

using std::chrono::milliseconds;

constexpr int kConnections = 8;
constexpr int kInFlight = 64;
constexpr int kBatchesInFlight = 8;
constexpr int kOpenInFlightMax = 1024;
constexpr double kShareOfPeak = 0.8;
constexpr milliseconds kWarmup{300};

// What the disk under Redis' folder takes to make a small append durable, in microseconds.
double FdatasyncP50(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "fdatasync-probe";
  const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  if (fd < 0) throw std::runtime_error("cannot write " + path.string());
  const std::string bytes(4096, 'x');
  std::vector<double> micros;
  for (int i = 0; i < 100; ++i) {
    if (write(fd, bytes.data(), bytes.size()) < 0) break;
    const auto begin = std::chrono::steady_clock::now();
    fdatasync(fd);
    micros.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  close(fd);
  std::filesystem::remove(path);
  return MedianOf(micros);
}

// The three services at work, an echo on the same server library, and the bench as their caller.
class Bench {
 public:
  explicit Bench(milliseconds slice)
      : deployment_(BenchDeployment()), echo_(Echo(deployment_)), slice_(slice) {
    echo_.Start();
    issuer_ = load::Connect(deployment_.issuer().grpc_address(), kConnections);
    echo_channels_ = load::Connect(echo_.grpc_address(), kConnections);
    coupon::v1::CampaignDefinition definition = load::PlainDefinition("Bench");
    definition.mutable_limits()->set_stock_total(int64_t{1} << 40);
    definition.mutable_limits()->set_per_user_total(1);
    const auto status =
        load::CreateActiveCampaign(issuer_.front(), deployment_.token("ADMIN"), kCampaign, definition);
    if (!status.ok())
      throw std::runtime_error("no campaign: " + load::RefusalLabel(status) + " " + status.error_message());
  }

  double EchoesPerSecond() {
    load::ClaimTraffic traffic(kCampaign, NextSeed());
    traffic.To("/tessera.bench.v1.EchoService/Echo");
    return Successes(load::RunLoad(echo_channels_, traffic, Plan(kInFlight)));
  }
  double ClaimsPerSecond() {
    load::ClaimTraffic traffic(kCampaign, NextSeed());
    return Successes(load::RunLoad(issuer_, traffic, Plan(kInFlight)));
  }
  double BatchCouponsPerSecond() {
    load::BatchIssueTraffic traffic(kCampaign, NextSeed(), 64);
    const double rate = Successes(load::RunLoad(issuer_, traffic, Plan(kBatchesInFlight))) * 64;
    if (traffic.refused() > 0) throw std::runtime_error("items of a batch were refused");
    return rate;
  }
  // The 99th percentile of the age of the oldest event that analytics has not counted, in seconds, while so
  // many claims a second are made.
  double LagP99(double claims_per_second) {
    load::LoadPlan plan = Plan(kOpenInFlightMax);
    plan.rate = claims_per_second;
    plan.duration = slice_ * 2;
    load::ClaimTraffic traffic(kCampaign, NextSeed());
    LagSampler sampler(deployment_.redis().unix_address(), "tessera", {.partitions = 64, .buckets = 2048});
    sampler.Start();
    Successes(load::RunLoad(issuer_, traffic, plan));
    const std::vector<double> ages = sampler.Stop();
    if (ages.empty()) throw std::runtime_error("nobody looked at the lag");
    return ages[(ages.size() - 1) * 99 / 100];
  }
  // `policy` is "always" or "everysec"; the services have promised the weaker one and take the stronger.
  void Appendfsync(const std::string& policy) {
    if (deployment_.redis().Command({"CONFIG", "SET", "appendfsync", policy}) != "OK") {
      throw std::runtime_error("Redis does not take appendfsync " + policy);
    }
  }
  double FdatasyncMicros() { return FdatasyncP50(deployment_.redis().folder().path()); }

 private:
  static constexpr char kCampaign[] = "bench";

  static testing::ServiceProcess::Options Echo(const testing::Deployment& deployment) {
    testing::ServiceProcess::Options options;
    options.program =
        (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tessera-bench-echo").string();
    options.name = "bench-echo";
    options.folder = deployment.folder();
    options.yaml = "identity:\n  tokens_file: " + (deployment.folder() / "tokens.yaml").string() +
                   "\nlog:\n  level: warning\n";
    return options;
  }

  load::LoadPlan Plan(int in_flight) const {
    load::LoadPlan plan;
    plan.in_flight = in_flight;
    plan.warmup = kWarmup;
    plan.duration = slice_;
    plan.token = deployment_.token("ADMIN");
    return plan;
  }
  static double Successes(const load::LoadResult& result) {
    if (result.refused > 0 || result.succeeded == 0) {
      throw std::runtime_error("refused: " + (result.refusals.empty() ? std::string("everything")
                                                                      : result.refusals.begin()->first));
    }
    return result.successes_per_second();
  }
  uint64_t NextSeed() { return ++seed_; }

  testing::Deployment deployment_;
  testing::ServiceProcess echo_;
  const milliseconds slice_;
  load::Channels issuer_;
  load::Channels echo_channels_;
  uint64_t seed_ = 0;
};

double EvalshasPerSecond(StoreBench& store, milliseconds slice) {
  constexpr int64_t kPiece = 5'000;
  const auto begin = std::chrono::steady_clock::now();
  int64_t done = 0;
  for (; std::chrono::steady_clock::now() - begin < slice; done += kPiece) store.Evalsha(kPiece);
  return static_cast<double>(done) /
         std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

void MeasureServices(const BenchOptions& options, BenchResult* result) {
  Say("starting Redis, three services and the echo");
  Bench bench(options.slice);
  StoreBench store(testing::RedisDurability::kEverysec);
  Figure claim{"claim_over_echo", "claims per second / no-op RPCs per second, 64 in flight, everysec", 0.60,
               0};
  Figure batch{"batch64_over_single", "coupons per second by BatchIssue of 64 / by single claims", 4, 0};
  Figure evalsha{"batch64_over_evalsha", "coupons per second by BatchIssue of 64 / bare EVALSHAs per second",
                 0.25, 0};
  Figure fsync{"fsync_over_everysec", "claims per second with fsync / with everysec, 64 in flight", 0.7, 0};
  Figure lag{"analytics_lag_p99_s",
             "seconds until analytics counts an event, p99, at 80 % of the peak claim rate", 0, 1};
  bench.ClaimsPerSecond();
  for (int round = 0; round < options.rounds; ++round) {
    Say("claims, echoes, batches: round " + std::to_string(round + 1) + " of " +
        std::to_string(options.rounds));
    const double echoes = bench.EchoesPerSecond();
    const double claims = bench.ClaimsPerSecond();
    const double coupons = bench.BatchCouponsPerSecond();
    const double evalshas = EvalshasPerSecond(store, options.slice);
    bench.Appendfsync("always");
    const double durable = bench.ClaimsPerSecond();
    bench.Appendfsync("everysec");
    claim.samples.push_back(claims / echoes);
    batch.samples.push_back(coupons / claims);
    evalsha.samples.push_back(coupons / evalshas);
    fsync.samples.push_back(durable / claims);
    lag.samples.push_back(bench.LagP99(kShareOfPeak * claims));
    result->parts["echo/s"].push_back(echoes);
    result->parts["claim/s"].push_back(claims);
    result->parts["claim/s with fsync"].push_back(durable);
    result->parts["batch64 coupon/s"].push_back(coupons);
    result->parts["EVALSHA/s"].push_back(evalshas);
    result->parts["fdatasync p50 us"].push_back(bench.FdatasyncMicros());
  }
  for (Figure* figure : {&claim, &batch, &evalsha, &fsync, &lag}) result->figures.push_back(*figure);
}

}  // namespace tessera::bench
