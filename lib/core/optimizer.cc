#include "core/optimizer.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "core/order_limits.h"
#include "core/set_search.h"

namespace tessera::core {
namespace {

constexpr uint64_t Bit(size_t i) { return uint64_t{1} << i; }

// The coupons of a question in the order of application, those that are of no use whatever else is chosen
// being refused already.
struct Question {
  std::vector<ListedCoupon> coupons;
  std::vector<OfferOnOrder> on_order;
  RefusedCoupons useless;
};

Question Sort(const Order& order, std::span<const ListedCoupon> listed) {
  Question question;
  std::vector<ListedCoupon> sorted(listed.begin(), listed.end());
  std::sort(sorted.begin(), sorted.end(), AppliedBefore);
  const TakenOff nothing{.lines = std::vector<int64_t>(order.lines.size())};
  question.coupons.reserve(sorted.size());
  question.on_order.reserve(sorted.size());
  Cut cut;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const CouponKey& key = sorted[i].key;
    if (i > 0 && sorted[i - 1].key == key) {
      question.useless.push_back({.key = key, .refusal = {.why = WhyNot::kListedTwice, .other = key}});
      continue;
    }
    OfferOnOrder on_order(*sorted[i].offer, order);
    if (on_order.refusal()) {
      question.useless.push_back({.key = key, .refusal = *on_order.refusal()});
      continue;
    }
    // What has no bound has no use after other coupons either, unless it is a gift without a stated worth.
    const auto why = on_order.Price(nothing, cut);
    if (why && on_order.BenefitBound(nothing) == 0) {
      question.useless.push_back({.key = key, .refusal = on_order.Explain(*why, nothing)});
      continue;
    }
    question.coupons.push_back(sorted[i]);
    question.on_order.push_back(std::move(on_order));
  }
  return question;
}

PricedStack Priced(const Order& order, const CandidateSet& candidates, uint64_t set) {
  std::vector<ListedCoupon> chosen;
  for (uint64_t rest = set; rest != 0; rest &= rest - 1) {
    chosen.push_back(candidates.coupon(static_cast<size_t>(std::countr_zero(rest))));
  }
  return std::get<PricedStack>(PriceStack(order, chosen));
}

// Leaves out, from the last on, each coupon without which the set is worth no less; never the last one that
// is not in `known`.
uint64_t WithoutNeedless(const CandidateSet& candidates, uint64_t set, uint64_t known) {
  int64_t benefit = candidates.Evaluate(set).benefit_minor;
  for (size_t i = candidates.size(); i-- > 0;) {
    const uint64_t less = set & ~Bit(i);
    if (less == set || (less & ~known) == 0) continue;
    const CandidateSet::Value value = candidates.Evaluate(less);
    if (value.refusal || value.benefit_minor < benefit) continue;
    set = less;
    benefit = value.benefit_minor;
  }
  return set;
}

// Takes in, from the first on, each coupon with which an unproven set is worth more.
uint64_t WithWhatGains(const CandidateSet& candidates, uint64_t set) {
  int64_t benefit = candidates.Evaluate(set).benefit_minor;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if ((set & Bit(i)) != 0 || !candidates.MayJoin(set, i)) continue;
    const CandidateSet::Value value = candidates.Evaluate(set | Bit(i));
    if (value.refusal || value.benefit_minor <= benefit) continue;
    set |= Bit(i);
    benefit = value.benefit_minor;
  }
  return set;
}

// Why coupon `i`, which is of use by itself, is not in the best set.
Refusal WhyUnused(const CandidateSet& candidates, uint64_t best, size_t i) {
  if (!candidates.rules().MayJoin(best, i)) {
    const StackingRules::Conflict conflict = candidates.rules().ConflictOf(best, i);
    return {.why = conflict.why,
            .at_most = conflict.at_most,
            .group = conflict.group,
            .other = candidates.coupon(conflict.other).key};
  }
  if (!candidates.MayJoin(best, i)) {
    return {.why = WhyNot::kTooManyCoupons, .at_most = static_cast<int32_t>(limits::kStackedCouponsMax)};
  }
  const CandidateSet::Value with = candidates.Evaluate(best | Bit(i));
  if (with.refusal && with.refused == i) return *with.refusal;
  if (with.refusal) return {.why = WhyNot::kSpoilsAnother, .other = candidates.coupon(with.refused).key};
  return {.why = WhyNot::kGainsNothing,
          .change_minor = with.benefit_minor - candidates.Evaluate(best).benefit_minor};
}

struct BestSets {
  uint64_t best = 0;
  std::optional<uint64_t> runner_up;
};

BestSets ForCustomer(const CandidateSet& candidates, int64_t work_max, OptimizedSet& answer) {
  BestSets sets;
  SetSearch search(candidates, work_max);
  sets.best = search.Largest(0).set;
  answer.best_is_proven = !search.exhausted();
  if (!answer.best_is_proven) sets.best = WithWhatGains(candidates, sets.best);
  sets.best = WithoutNeedless(candidates, sets.best, 0);
  // The runner-up gets what the best left over.
  SetSearch other(candidates, work_max - std::min(work_max, search.work()));
  if (const SetSearch::Found second = other.Largest(sets.best); second.any) {
    sets.runner_up = WithoutNeedless(candidates, second.set, sets.best);
  }
  answer.runner_up_is_proven = answer.best_is_proven && !other.exhausted();
  answer.work = search.work() + other.work();
  return sets;
}

BestSets ForMerchant(const CandidateSet& candidates, int64_t work_max, OptimizedSet& answer) {
  BestSets sets;
  SetSearch search(candidates, work_max);
  SetSearch::Found least;
  SetSearch::Found second;
  search.LeastComplete(least, second);
  sets.best = least.set;
  if (second.any) sets.runner_up = second.set;
  answer.best_is_proven = answer.runner_up_is_proven = !search.exhausted();
  answer.work = search.work();
  return sets;
}

}  // namespace

OptimizedSet Optimize(const Order& order, std::span<const ListedCoupon> listed, Objective objective,
                      int64_t work_max) {
  assert(listed.size() <= limits::kOptimizedCouponsMax);
  Question question = Sort(order, listed);
  const CandidateSet candidates(order, question.coupons, question.on_order);
  OptimizedSet answer;
  const BestSets sets = objective == Objective::kCustomerMax ? ForCustomer(candidates, work_max, answer)
                                                             : ForMerchant(candidates, work_max, answer);
  answer.best = Priced(order, candidates, sets.best);
  if (sets.runner_up) answer.runner_up = Priced(order, candidates, *sets.runner_up);
  answer.unused = std::move(question.useless);
  for (size_t i = 0; i < candidates.size(); ++i) {
    if ((sets.best & Bit(i)) != 0) continue;
    answer.unused.push_back(
        {.key = candidates.coupon(i).key, .refusal = WhyUnused(candidates, sets.best, i)});
  }
  std::stable_sort(answer.unused.begin(), answer.unused.end(),
                   [](const RefusedCoupon& a, const RefusedCoupon& b) { return a.key < b.key; });
  return answer;
}

}  // namespace tessera::core
