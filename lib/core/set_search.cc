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

// Of each group as many places as coupons may still join `set`.
void SetSearch::EmptyBuckets(uint64_t set) {
  for (size_t bucket = 0; bucket < bucket_best_.size(); ++bucket) {
    const auto inside = static_cast<size_t>(std::popcount(set & bucket_members_[bucket]));
    bucket_best_[bucket].assign(bucket_room_[bucket] - std::min(bucket_room_[bucket], inside), 0);
  }
}

// By how much the best of the bucket are worth more with this one: it pushes the least of them out, when it
// is larger; they stay sorted.
int64_t SetSearch::PutIntoBucket(size_t i, int64_t bound) {
  int64_t moving = bound;
  for (int64_t& kept : bucket_best_[bucket_[i]]) {
    if (moving > kept) std::swap(moving, kept);
  }
  return bound - moving;
}

// What each coupon from `from` on could add after what was taken, and their sums from the back, of each
// bucket no more than may still join, and in all no more than is left.
void SetSearch::Bound(size_t depth, uint64_t set, size_t from, int64_t benefit_minor) {
  Level& level = levels_[depth];
  EmptyBuckets(set);
  const int64_t left = candidates_.ceiling_minor() - benefit_minor;
  int64_t sum = 0;
  int64_t alone = 0;  // the best exclusive one, which nothing else joins
  level.suffixes[candidates_.size()] = 0;
  level.open = 0;
  for (size_t i = candidates_.size(); i-- > from;) {
    level.bounds[i] = 0;
    if ((depth == 0 || levels_[depth - 1].bounds[i] != 0) && candidates_.MayJoin(set, i)) {
      if (depth > 0 && ((level.stale & Bit(i)) == 0 || candidates_.on_order(i).bound_takes_sort())) {
        level.bounds[i] = levels_[depth - 1].bounds[i];
      } else {
        work_ += candidates_.bound_work(i);
        level.bounds[i] = candidates_.on_order(i).BenefitBound(level.taken);
      }
    }
    if (level.bounds[i] != 0) level.open |= Bit(i);
    if (candidates_.rules().exclusive(i)) {
      alone = std::max(alone, level.bounds[i]);
    } else {
      sum += PutIntoBucket(i, level.bounds[i]);
    }
    level.suffixes[i] = std::min(left, std::max(sum, alone));
  }
}

// The most that the coupons of `open`, none of them exclusive, could add to `set` by the bounds of `level`.
int64_t SetSearch::MostWith(const Level& level, uint64_t open, uint64_t set) {
  EmptyBuckets(set);
  int64_t sum = 0;
  for (uint64_t rest = open; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(rest));
    sum += PutIntoBucket(i, level.bounds[i]);
  }
  return sum;
}

void SetSearch::Meet(uint64_t set, int64_t benefit_minor) {
  if ((set & ~known_) == 0 || (found_.any && benefit_minor <= found_.benefit_minor)) return;
  found_ = {.set = set, .benefit_minor = benefit_minor, .any = true};
}

void SetSearch::Descend(size_t depth, uint64_t set, size_t from, int64_t benefit_minor) {
  Bound(depth, set, from, benefit_minor);
  const Level& level = levels_[depth];
  for (size_t i = from; i < candidates_.size(); ++i) {
    if (exhausted()) return;
    if (found_.any && benefit_minor + level.suffixes[i] <= found_.benefit_minor) return;
    // A part of what is known can only grow into another part of it.
    if (((set | (~uint64_t{0} << i & All(candidates_.size()))) & ~known_) == 0) return;
    if ((level.open & Bit(i)) == 0) continue;
    const bool joins = Try(depth, set, i, benefit_minor);
    if (joins && candidates_.always_joins(i) && ((known_ & Bit(i)) == 0 || LeavesSomething(level, i))) return;
  }
}

// Takes coupon `i` into `set` and goes on from there, unless its amount alone shows that this leads nowhere:
// splitting it over the lines is the larger part of the work. False when it takes nothing off here.
bool SetSearch::Try(size_t depth, uint64_t set, size_t i, int64_t benefit_minor) {
  const Level& level = levels_[depth];
  const OfferOnOrder& on_order = candidates_.on_order(i);
  work_ += candidates_.bound_work(i);
  const int64_t own_minor = on_order.BenefitMinor(level.taken);
  if (own_minor == 0) return false;
  const int64_t joined_minor = benefit_minor + own_minor;
  Meet(set | Bit(i), joined_minor);
  const uint64_t open = level.open & ~candidates_.rules().never_with(i) & ~(Bit(i) | (Bit(i) - 1));
  if (open == 0) return true;
  if (found_.any && joined_minor + MostWith(level, open, set | Bit(i)) <= found_.benefit_minor) {
    return true;
  }
  work_ += candidates_.price_work(i);
  on_order.Price(level.taken, cut_);
  Level& next = levels_[depth + 1];
  next.taken = level.taken;
  next.taken.Add(on_order, cut_);
  next.stale = candidates_.touched_by(i);
  Descend(depth + 1, set | Bit(i), i + 1, joined_minor);
  return true;
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
  Bound(0, 0, 0, 0);
  const Level& level = levels_[0];
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
