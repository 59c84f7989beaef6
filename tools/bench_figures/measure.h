#pragma once

#include "tools/bench_figures/figure.h"
#include "tools/bench_figures/rounds.h"

namespace tessera::bench {

// Redis' share: redis_cpu_claim_over_evalsha, redis_cpu_batch_over_evalsha, bytes_per_claimed_coupon,
// bytes_per_ledger_event, claim_cost_1e6_over_1e3.
void MeasureStore(const BenchOptions& options, BenchResult* result);

// The redeemer's way of refusing forged codes: forged_refusals_per_core.
void MeasureForged(const BenchOptions& options, BenchResult* result);

// Codes that belong to nobody: codes_per_second_core, codes_over_aes, bytes_per_unbound_code,
// unbound_over_wallet.
void MeasureCodes(const BenchOptions& options, BenchResult* result);

// Codes by the million, through the services: job_memory_growth_mib.
void MeasureJobs(const BenchOptions& options, BenchResult* result);

// Pricing on one core: evaluate_us, optimize20_p99_ms, optimize20_proven_percent.
void MeasurePricing(const BenchOptions& options, BenchResult* result);

// Coupons used together: redis_cpu_stack5_over_single.
void MeasureStacks(const BenchOptions& options, BenchResult* result);

// All of a user's coupons judged for an order, through the services: eligible500_p99_ms.
void MeasureEligible(const BenchOptions& options, BenchResult* result);

// Through the services: claim_over_echo, batch64_over_single, batch64_over_evalsha, fsync_over_everysec,
// analytics_lag_p99_s.
void MeasureServices(const BenchOptions& options, BenchResult* result);

// All of them, by name and in the order in which they are measured.
struct FigureGroup {
  const char* name;
  void (*measure)(const BenchOptions& options, BenchResult* result);
};
inline constexpr FigureGroup kFigureGroups[] = {{"services", MeasureServices}, {"store", MeasureStore},
                                                {"stacks", MeasureStacks},     {"pricing", MeasurePricing},
                                                {"eligible", MeasureEligible}, {"forged", MeasureForged},
                                                {"codes", MeasureCodes},       {"jobs", MeasureJobs}};

}  // namespace tessera::bench
