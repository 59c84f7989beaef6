#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "core/optimizer.h"
#include "tests/support/random_orders.h"

// What pricing costs on one core: a coupon on an order of 10 lines, and the best of 20 coupons on 50 lines,
// with the share of cases in which the answer was certain. Prints the medians of several rounds, interleaved,
// so that noise meets all alike.
namespace {

using namespace tessera;

constexpr int kRounds = 5;
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

struct Share {
  std::vector<double> milliseconds;
  size_t best_proven = 0;
  size_t runner_up_proven = 0;
  size_t cases = 0;

  double At(double share) {
    std::sort(milliseconds.begin(), milliseconds.end());
    return milliseconds[static_cast<size_t>(share * static_cast<double>(milliseconds.size() - 1))];
  }
};

void Choose(const std::vector<Case>& cases, core::Objective objective, Share& share) {
  for (const Case& one : cases) {
    const double start = ThreadNanoseconds();
    const core::OptimizedSet chosen = core::Optimize(one.order, one.coupons, objective);
    share.milliseconds.push_back((ThreadNanoseconds() - start) / 1e6);
    share.best_proven += chosen.best_is_proven ? 1 : 0;
    share.runner_up_proven += chosen.runner_up_is_proven ? 1 : 0;
    ++share.cases;
  }
}

void Print(const char* name, Share& share) {
  std::printf("%s_p50_ms %.3f\n%s_p99_ms %.3f\n%s_max_ms %.3f\n", name, share.At(0.5), name, share.At(0.99),
              name, share.At(1.0));
  std::printf("%s_proven_percent %.2f\n%s_runner_up_proven_percent %.2f\n", name,
              100.0 * static_cast<double>(share.best_proven) / static_cast<double>(share.cases), name,
              100.0 * static_cast<double>(share.runner_up_proven) / static_cast<double>(share.cases));
}

double EvaluateMicroseconds(const std::vector<Case>& cases) {
  int64_t sum = 0;
  const double start = ThreadNanoseconds();
  for (const Case& one : cases) {
    const auto priced = core::PriceStack(one.order, one.coupons);
    if (const auto* stack = std::get_if<core::PricedStack>(&priced)) sum += stack->discount_minor;
  }
  const double each = (ThreadNanoseconds() - start) / 1e3 / static_cast<double>(cases.size());
  if (sum == 0) std::exit(1);
  return each;
}

}  // namespace

int main() {
  const std::vector<Case> single = MakeCases(kOrders, 10, 1, 0);
  const std::vector<Case> wallets = MakeCases(kCases, 50, 20, 67);
  const std::vector<Case> loose = MakeCases(kCases, 50, 20, 40);
  std::vector<double> evaluate;
  Share customer;
  Share merchant;
  Share ungrouped;
  for (int round = 0; round < kRounds; ++round) {
    evaluate.push_back(EvaluateMicroseconds(single));
    Choose(wallets, core::Objective::kCustomerMax, customer);
    Choose(wallets, core::Objective::kMerchantMin, merchant);
    Choose(loose, core::Objective::kCustomerMax, ungrouped);
  }
  std::sort(evaluate.begin(), evaluate.end());
  std::printf("evaluate_us %.3f (%.3f to %.3f)\n", evaluate[kRounds / 2], evaluate.front(), evaluate.back());
  Print("optimize20", customer);
  Print("optimize20_merchant", merchant);
  Print("optimize20_loose", ungrouped);
  return 0;
}
