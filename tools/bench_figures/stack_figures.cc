// What it costs Redis to use five coupons of five campaigns on one order, against one.

#include "tools/bench_figures/measure.h"
#include "tools/bench_figures/store_bench.h"

namespace tessera::bench {
namespace {

constexpr int kStack = 5;
constexpr int64_t kOrders = 1'500;
constexpr int kPairs = 3;  // times that both are measured in a round

double RedeemCost(StoreBench& bench, int size) {
  const std::vector<Wallet> wallets = bench.Wallets(kOrders, size);
  const double before = bench.RedisCpuSeconds();
  bench.Redeem(wallets);
  return (bench.RedisCpuSeconds() - before) * 1e6 / static_cast<double>(kOrders);
}

}  // namespace

void MeasureStacks(const BenchOptions& options, BenchResult* result) {
  Say("Redis CPU of redeeming one coupon and five together");
  StoreBench bench(testing::RedisDurability::kEverysec);
  bench.OpenCampaigns(kStack);
  RedeemCost(bench, 1);
  RedeemCost(bench, kStack);
  Figure stack{"redis_cpu_stack5_over_single",
               "Redis CPU of redeeming 5 coupons of 5 campaigns / of redeeming 1", 0, 3};
  for (int round = 0; round < options.rounds * kPairs; ++round) {
    const double single_us = RedeemCost(bench, 1);
    const double stack_us = RedeemCost(bench, kStack);
    stack.samples.push_back(stack_us / single_us);
    result->parts["redeem Redis CPU us"].push_back(single_us);
    result->parts["redeem of 5 Redis CPU us"].push_back(stack_us);
  }
  result->figures.push_back(stack);
}

}  // namespace tessera::bench
