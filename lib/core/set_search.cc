#include "core/set_search.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "core/order_limits.h"

namespace tessera::core {
namespace {

constexpr uint64_t Bit(size_t i) { return uint64_t{1} << i; }
constexpr uint64_t All(size_t size) { return size >= 64 ? ~uint64_t{0} : Bit(size) - 1; }

}  // namespace

SetSearch::SetSearch(const CandidateSet& candidates, int64_t work_max)
    : candidates_(candidates), work_max_(work_max), bucket_(candidates.size()) {
  const size_t size = candidates.size();
  levels_.resize(std::min(size, limits::kStackedCouponsMax) + 1);
  for (Level& level : levels_) {
    level.taken = candidates.Nothing();
    level.bounds.resize(size);
    level.suffixes.resize(size + 1);
  }
  // A bucket for each group, and one without a limit for coupons that are in none. The group's widest rule is
  // its limit here, since a set may leave out the coupons with a tighter one.
  const StackingRules& rules = candidates.rules();
  bucket_members_.resize(rules.groups() + 1);
  bucket_room_.resize(rules.groups() + 1);
  bucket_best_.resize(rules.groups() + 1);
  for (size_t i = 0; i < size; ++i) {
    bucket_[i] = rules.groups();
    int32_t tightest = std::numeric_limits<int32_t>::max();
    for (const StackingRules::Membership& membership : rules.memberships(i)) {
      bucket_members_[membership.group] = membership.members;
      bucket_room_[membership.group] =
          std::max(bucket_room_[membership.group], static_cast<size_t>(membership.at_most));
      if (membership.at_most >= tightest) continue;
      tightest = membership.at_most;
      bucket_[i] = membership.group;
    }
  }
  bucket_room_.back() = size;
}

// What each coupon from `from` on could add after `level.taken`, and their sums from the back, of each bucket
// no more than may still join, and in all no more than is left.
void SetSearch::Bound(Level& level, uint64_t set, size_t from, int64_t benefit_minor) {
  for (size_t bucket = 0; bucket < bucket_best_.size(); ++bucket) {
    const auto inside = static_cast<size_t>(std::popcount(set & bucket_members_[bucket]));
    bucket_best_[bucket].assign(bucket_room_[bucket] - std::min(bucket_room_[bucket], inside), 0);
  }
  const int64_t left = candidates_.ceiling_minor() - benefit_minor;
  int64_t sum = 0;
  int64_t alone = 0;  // the best exclusive one, which nothing else joins
  level.suffixes[candidates_.size()] = 0;
  for (size_t i = candidates_.size(); i-- > from;) {
    level.bounds[i] = 0;
    if (candidates_.MayJoin(set, i)) {
      work_ += candidates_.bound_work(i);
      level.bounds[i] = candidates_.on_order(i).BenefitBound(level.taken);
    }
    if (candidates_.rules().exclusive(i)) {
      alone = std::max(alone, level.bounds[i]);
    } else {
      // The new one pushes the least of its bucket out, when it is larger; the best stay sorted.
      int64_t moving = level.bounds[i];
      sum += moving;
      for (int64_t& kept : bucket_best_[bucket_[i]]) {
        if (moving > kept) std::swap(moving, kept);
      }
      sum -= moving;
    }
    level.suffixes[i] = std::min(left, std::max(sum, alone));
  }
}

void SetSearch::Meet(uint64_t set, int64_t benefit_minor) {
  if ((set & ~known_) == 0 || (found_.any && benefit_minor <= found_.benefit_minor)) return;
  found_ = {.set = set, .benefit_minor = benefit_minor, .any = true};
}

void SetSearch::Descend(size_t depth, uint64_t set, size_t from, int64_t benefit_minor) {
  Level& level = levels_[depth];
  Bound(level, set, from, benefit_minor);
  for (size_t i = from; i < candidates_.size(); ++i) {
    if (exhausted()) return;
    if (found_.any && benefit_minor + level.suffixes[i] <= found_.benefit_minor) return;
    // A part of what is known can only grow into another part of it.
    if (((set | (~uint64_t{0} << i & All(candidates_.size()))) & ~known_) == 0) return;
    if (level.bounds[i] == 0) continue;
    if (!candidates_.MayJoin(set, i)) continue;
    work_ += candidates_.price_work(i);
    if (candidates_.on_order(i).Price(level.taken, cut_)) continue;
    Level& next = levels_[depth + 1];
    next.taken = level.taken;
    next.taken.Add(candidates_.on_order(i), cut_);
    const int64_t joined_minor = benefit_minor + cut_.benefit_minor();
    Meet(set | Bit(i), joined_minor);
    if (i + 1 < candidates_.size()) Descend(depth + 1, set | Bit(i), i + 1, joined_minor);
    if (candidates_.always_joins(i) && ((known_ & Bit(i)) == 0 || LeavesSomething(level, i))) return;
  }
}

// Whether after `i` and all that is still open every one of them finds something left of its pool. Where a
// coupon was looked for that is not in what is known, one that joins must not take its place.
bool SetSearch::LeavesSomething(const Level& level, size_t i) const {
  int64_t taken_minor = 0;
  for (size_t j = i; j < candidates_.size(); ++j) taken_minor += level.bounds[j];
  return candidates_.PoolMinor(i, level.taken) - taken_minor >= candidates_.pool_need_minor(i);
}

// A first answer, so that branches can be left from the start: the coupons that are worth most by themselves,
// as far as they go together.
void SetSearch::Seed() {
  Level& level = levels_[0];
  Bound(level, 0, 0, 0);
  std::vector<size_t> by_worth(candidates_.size());
  std::iota(by_worth.begin(), by_worth.end(), size_t{0});
  std::stable_sort(by_worth.begin(), by_worth.end(),
                   [&](size_t a, size_t b) { return level.bounds[a] > level.bounds[b]; });
  // For a runner-up, each coupon that is not known is the start of one.
  for (size_t start = 0; start < by_worth.size(); ++start) {
    if ((known_ >> by_worth[start] & 1) != 0) continue;
    uint64_t set = 0;
    CandidateSet::Value value;
    for (size_t step = 0; step <= by_worth.size(); ++step) {
      const size_t i = step == 0 ? by_worth[start] : by_worth[step - 1];
      if ((set & Bit(i)) != 0 || !candidates_.MayJoin(set, i)) continue;
      set |= Bit(i);
    }
    for (uint64_t rest = set; rest != 0; rest &= rest - 1) {
      work_ += candidates_.price_work(static_cast<size_t>(std::countr_zero(rest)));
    }
    value = candidates_.Evaluate(set);
    if (!value.refusal) Meet(set, value.benefit_minor);
    if (known_ == 0) return;
    if (exhausted()) return;
  }
}

SetSearch::Found SetSearch::Largest(uint64_t known) {
  known_ = known;
  found_ = {};
  if (candidates_.size() == 0) return found_;
  Seed();
  Descend(0, 0, 0, 0);
  return found_;
}

}  // namespace tessera::core
