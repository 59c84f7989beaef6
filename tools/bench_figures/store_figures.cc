#include <functional>
#include <memory>

#include "tools/bench_figures/measure.h"
#include "tools/bench_figures/store_bench.h"

namespace tessera::bench {
namespace {

constexpr int64_t kEvalshas = 30'000;
constexpr int64_t kClaims = 12'800;
constexpr int kBatchMax = 1'000;
constexpr int kBatch = 64;
constexpr int64_t kBatches = 200;        // of kBatch
constexpr int64_t kLargestBatches = 13;  // of kBatchMax
constexpr int64_t kFew = 1'000;
constexpr int64_t kAmong = 4'000;  // claims measured among few and among many coupons
constexpr int kPairs = 3;          // times that what is compared is measured in a round

// Microseconds of Redis' CPU for each of `count` things that `work` does.
double Cost(StoreBench& bench, int64_t count, const std::function<void()>& work) {
  const double before = bench.RedisCpuSeconds();
  work();
  return (bench.RedisCpuSeconds() - before) * 1e6 / static_cast<double>(count);
}

// CPU of Redis with everything on, the append-only file too, for all three.
void MeasureCpu(const BenchOptions& options, BenchResult* result) {
  Say("Redis CPU of claims, batches and bare scripts");
  StoreBench bench(testing::RedisDurability::kEverysec);
  Figure claim{"redis_cpu_claim_over_evalsha", "Redis CPU of a claim / of a bare EVALSHA of HINCRBY, 64 deep",
               0, 5};
  Figure batch{"redis_cpu_batch_over_evalsha", "the same for one coupon inside BatchIssue of 1,000", 0, 3};
  bench.Claim(kFew);
  bench.ClaimInBatches(4, kBatch);
  bench.Evalsha(kFew);
  for (int round = 0; round < options.rounds * kPairs; ++round) {
    const double evalsha_us = Cost(bench, kEvalshas, [&] { bench.Evalsha(kEvalshas); });
    const double claim_us = Cost(bench, kClaims, [&] { bench.Claim(kClaims); });
    const double batch_us =
        Cost(bench, kLargestBatches * kBatchMax, [&] { bench.ClaimInBatches(kLargestBatches, kBatchMax); });
    const double batch64_us = Cost(bench, kBatches * kBatch, [&] { bench.ClaimInBatches(kBatches, kBatch); });
    claim.samples.push_back(claim_us / evalsha_us);
    batch.samples.push_back(batch_us / evalsha_us);
    result->parts["EVALSHA Redis CPU us"].push_back(evalsha_us);
    result->parts["claim Redis CPU us"].push_back(claim_us);
    result->parts["batch Redis CPU us/coupon"].push_back(batch_us);
    result->parts["batch64 Redis CPU us/coupon"].push_back(batch64_us);
  }
  result->figures.push_back(claim);
  result->figures.push_back(batch);
}

// Many coupons, then claims among them and, in a fresh Redis each round, among few.
void MeasureMany(const BenchOptions& options, BenchResult* result) {
  Say("claiming " + std::to_string(options.coupons) + " coupons");
  StoreBench many(testing::RedisDurability::kMemory);
  many.Claim(kFew);  // everything that stands there once stands there now
  const int64_t before = many.RedisMemoryBytes();
  for (int64_t left = options.coupons; left > 0; left -= kClaims) many.Claim(std::min(left, kClaims));
  const int64_t grown = many.RedisMemoryBytes() - before;

  Say("claims among few and among many");
  Figure cost{"claim_cost_1e6_over_1e3", "Redis CPU of a claim with 1,000,000 coupons present / with 1,000",
              0, 1.25};
  for (int pair = 0; pair < options.rounds * kPairs; ++pair) {
    StoreBench few(testing::RedisDurability::kMemory);
    few.Claim(kFew);
    const double few_us = Cost(few, kAmong, [&] { few.Claim(kAmong); });
    const double many_us = Cost(many, kAmong, [&] { many.Claim(kAmong); });
    cost.samples.push_back(many_us / few_us);
    result->parts["claim among 1e3 Redis CPU us"].push_back(few_us);
    result->parts["claim among 1e6 Redis CPU us"].push_back(many_us);
  }

  // What the ledger holds is what goes away with it: MEMORY USAGE would leave out how Redis' allocator
  // rounds.
  const int64_t events = kFew + options.coupons + options.rounds * kPairs * kAmong;
  const int64_t with_ledger = many.RedisMemoryBytes();
  many.DeleteLedger();
  const double event_bytes =
      static_cast<double>(with_ledger - many.RedisMemoryBytes()) / static_cast<double>(events);
  Figure coupon{"bytes_per_claimed_coupon", "bytes of Redis for a claimed coupon, everything but the ledger",
                0, 200};
  coupon.samples.push_back(static_cast<double>(grown) / static_cast<double>(options.coupons) - event_bytes);
  Figure event{"bytes_per_ledger_event", "bytes of Redis for an event on the ledger", 0, 120};
  event.samples.push_back(event_bytes);
  result->figures.push_back(coupon);
  result->figures.push_back(event);
  result->figures.push_back(cost);
}

}  // namespace

void MeasureStore(const BenchOptions& options, BenchResult* result) {
  MeasureCpu(options, result);
  MeasureMany(options, result);
}

}  // namespace tessera::bench
