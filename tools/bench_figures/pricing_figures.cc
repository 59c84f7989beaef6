// What pricing costs on one core: a coupon on an order of 10 lines, and the best of 20 coupons on 50 lines,
// with the share of cases in which the answer was certain.

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "core/optimizer.h"
#include "tests/support/random_orders.h"
#include "tools/bench_figures/measure.h"

namespace tessera::bench {
namespace {

constexpr size_t kOrders = 2'000;
constexpr size_t kCases = 1'000;

// The time this thread had a core: what others do on the machine counts as little as it can.
double ThreadNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Case {
  core::Order order;
  std::vector<core::Offer> offers;
  std::vector<core::ListedCoupon> coupons;
};

// A wallet as a large shop's customers have it: of the coupons two thirds belong to one of five groups (the
// platform's, the shop's, the category's, the payment's, the shipping's), of which one or two go together;
// half hold for a few categories only.
std::vector<Case> MakeCases(size_t count, size_t lines, size_t coupons, int grouped_in_100) {
  testing::RandomOrders random(20'260'101);
  const testing::OrderKind orders{.lines = lines, .categories = 8, .unit_price_max_minor = 10'000};
  const testing::OfferKind kind{.groups = 5,
                                .grouped_in_100 = grouped_in_100,
                                .exclusive_in_100 = 3,
                                .scoped_in_100 = 50,
                                .percent_max_basis_points = 3'000};
  std::vector<Case> cases(count);
  for (Case& one : cases) {
    one.order = random.MakeOrder(orders);
    for (size_t i = 0; i < coupons; ++i) one.offers.push_back(random.MakeOffer(one.order, kind, orders));
    one.coupons = random.List(one.offers);
  }
  return cases;
}

double EvaluateMicroseconds(const std::vector<Case>& cases) {
  int64_t sum = 0;
  const double start = ThreadNanoseconds();
  for (const Case& one : cases) {
    const auto priced = core::PriceStack(one.order, one.coupons);
    if (const auto* stack = std::get_if<core::PricedStack>(&priced)) sum += stack->discount_minor;
  }
  const double each = (ThreadNanoseconds() - start) / 1e3 / static_cast<double>(cases.size());
  if (sum == 0) throw std::runtime_error("no coupon took anything off");
  return each;
}

struct Chosen {
  double p99_ms = 0;
  double proven_percent = 0;
};

Chosen Choose(const std::vector<Case>& cases, core::Objective objective) {
  std::vector<double> milliseconds;
  size_t proven = 0;
  for (const Case& one : cases) {
    const double start = ThreadNanoseconds();
    const core::OptimizedSet chosen = core::Optimize(one.order, one.coupons, objective);
    milliseconds.push_back((ThreadNanoseconds() - start) / 1e6);
    proven += chosen.best_is_proven ? 1 : 0;
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto count = static_cast<double>(cases.size());
  return {milliseconds[static_cast<size_t>(0.99 * (count - 1))], 100.0 * static_cast<double>(proven) / count};
}

}  // namespace

void MeasurePricing(const BenchOptions& options, BenchResult* result) {
  Say("pricing and the best set of coupons");
  const std::vector<Case> single = MakeCases(kOrders, 10, 1, 0);
  const std::vector<Case> wallets = MakeCases(kCases, 50, 20, 67);
  const std::vector<Case> loose = MakeCases(kCases, 50, 20, 40);
  Figure evaluate{"evaluate_us", "one coupon on an order of 10 lines, microseconds of one core", 0, 5};
  Figure p99{"optimize20_p99_ms", "the best of 20 coupons on 50 lines, p99 of one core, milliseconds", 0, 5};
  Figure proven{"optimize20_proven_percent", "of those cases, answers that were proven best", 95, 0};
  for (int round = 0; round < options.rounds; ++round) {
    evaluate.samples.push_back(EvaluateMicroseconds(single));
    const Chosen customer = Choose(wallets, core::Objective::kCustomerMax);
    p99.samples.push_back(customer.p99_ms);
    proven.samples.push_back(customer.proven_percent);
    const Chosen merchant = Choose(wallets, core::Objective::kMerchantMin);
    const Chosen ungrouped = Choose(loose, core::Objective::kCustomerMax);
    result->parts["optimize20 cheapest for the merchant p99 ms"].push_back(merchant.p99_ms);
    result->parts["optimize20 cheapest for the merchant proven %"].push_back(merchant.proven_percent);
    result->parts["optimize20 40 % in groups p99 ms"].push_back(ungrouped.p99_ms);
    result->parts["optimize20 40 % in groups proven %"].push_back(ungrouped.proven_percent);
  }
  for (Figure* figure : {&evaluate, &p99, &proven}) result->figures.push_back(std::move(*figure));
}

}  // namespace tessera::bench
