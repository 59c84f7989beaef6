#include <algorithm>
#include <bit>

#include "core/set_search.h"

// The other objective of SetSearch: the least benefit among the sets that no coupon can join.
namespace tessera::core {
namespace {

constexpr uint64_t Bit(size_t i) { return uint64_t{1} << i; }

}  // namespace

// Whether no coupon can join `set`: each one conflicts with it, or it or another is refused when it is there.
bool SetSearch::Complete(uint64_t set) {
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if ((set & Bit(i)) != 0 || !candidates_.MayJoin(set, i)) continue;
    for (uint64_t rest = set | Bit(i); rest != 0; rest &= rest - 1) {
      work_ += candidates_.price_work(static_cast<size_t>(std::countr_zero(rest)));
    }
    if (!candidates_.Evaluate(set | Bit(i)).refusal) return false;
  }
  return true;
}

void SetSearch::DescendLeast(size_t depth, uint64_t set, size_t from, int64_t benefit_minor) {
  // Coupons only ever add, so what is no less than the second already stays so.
  if (exhausted() || (second_.any && benefit_minor >= second_.benefit_minor)) return;
  if (from == candidates_.size()) {
    work_ += static_cast<int64_t>(candidates_.size());
    if (!Complete(set)) return;
    const Found one{.set = set, .benefit_minor = benefit_minor, .any = true};
    if (!least_.any || benefit_minor < least_.benefit_minor) {
      second_ = least_;
      least_ = one;
    } else {
      second_ = one;
    }
    return;
  }
  work_ += 1;
  const Level& level = levels_[depth];
  if (candidates_.MayJoin(set, from)) {
    work_ += candidates_.price_work(from);
    if (!candidates_.on_order(from).Price(level.taken, cut_)) {
      Level& next = levels_[depth + 1];
      next.taken = level.taken;
      next.taken.Add(candidates_.on_order(from), cut_);
      DescendLeast(depth + 1, set | Bit(from), from + 1, benefit_minor + cut_.benefit_minor());
    }
  }
  DescendLeast(depth, set, from + 1, benefit_minor);
}

void SetSearch::LeastComplete(Found& least, Found& second) {
  least_ = {};
  second_ = {};
  if (candidates_.size() != 0) DescendLeast(0, 0, 0, 0);
  least = least_;
  second = second_;
}

}  // namespace tessera::core
