#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/stacking.h"

namespace tessera::core {

// Coupons that may be of use, in the order of application, held against an order; at most 64. What the search
// for the best set and the reasons after it work on. It outlives none of what it was made of.
class CandidateSet {
 public:
  CandidateSet(const Order& order, std::span<const ListedCoupon> coupons,
               std::span<const OfferOnOrder> on_order);

  size_t size() const { return coupons_.size(); }
  const ListedCoupon& coupon(size_t i) const { return coupons_[i]; }
  const OfferOnOrder& on_order(size_t i) const { return on_order_[i]; }
  const StackingRules& rules() const { return rules_; }
  TakenOff Nothing() const { return {.lines = std::vector<int64_t>(order_->lines.size())}; }

  bool MayJoin(uint64_t set, size_t i) const;

  // What the coupons of `set`, which may be together, are worth; or the first one that is refused after those
  // before it, and why.
  struct Value {
    int64_t benefit_minor = 0;
    std::optional<Refusal> refusal;
    size_t refused = 0;
  };
  Value Evaluate(uint64_t set) const;

  // Whether leaving out `i` can never be better: it conflicts with no other candidate, and all that come
  // after it and look at its lines see one pool of money with it. Such a coupon D takes a pool T to T - D(T),
  // and where T - D(T) never falls when T rises, having taken something before leaves no more at the end.
  bool always_joins(size_t i) const { return (always_joins_ >> i & 1) != 0; }

  // The coupons whose bound may fall when `i` takes something.
  uint64_t touched_by(size_t i) const { return touched_by_[i]; }

  // What is left of the lines, or of the shipping, that coupon `i` lowers; and how much of it must be left so
  // that every later one that always_joins saw still takes something off.
  int64_t PoolMinor(size_t i, const TakenOff& taken) const;
  int64_t pool_need_minor(size_t i) const { return pool_need_minor_[i]; }

  // What looking at one coupon costs, in lines.
  int64_t price_work(size_t i) const;
  int64_t bound_work(size_t i) const;

  // All that may ever be taken off: lines down to their floors, shipping, and the worth of all gifts.
  int64_t ceiling_minor() const { return ceiling_minor_; }

 private:
  bool AlwaysJoins(size_t i) const;
  int64_t PoolNeed(size_t i) const;

  const Order* order_;
  std::span<const ListedCoupon> coupons_;
  std::span<const OfferOnOrder> on_order_;
  StackingRules rules_;
  uint64_t always_joins_ = 0;
  std::vector<int64_t> pool_need_minor_;
  std::vector<uint64_t> touched_by_;
  int64_t ceiling_minor_ = 0;
};

// Branch and bound over the sets of candidates, in the order of application, so that each step prices one
// coupon and every prefix of a set is priced once. A branch is left when what it has and the most that the
// coupons still open could add, as many of each group as may be, is no better than what was found.
class SetSearch {
 public:
  struct Found {
    uint64_t set = 0;
    int64_t benefit_minor = 0;
    bool any = false;
  };

  SetSearch(const CandidateSet& candidates, int64_t work_max);

  // The set with the largest benefit of those that are not part of `known`; with no coupon in `known`, of all
  // that have one.
  Found Largest(uint64_t known);
  // The two sets with the least benefit that no coupon can join.
  void LeastComplete(Found& least, Found& second);

  bool exhausted() const { return work_ >= work_max_; }
  int64_t work() const { return work_; }

 private:
  // One step of the way down: what is taken, and what the open coupons could add after it.
  struct Level {
    TakenOff taken;
    std::vector<int64_t> bounds;    // by coupon
    std::vector<int64_t> suffixes;  // the most that coupons from here on could add
    uint64_t open = 0;              // the coupons that could add anything
    uint64_t stale = ~uint64_t{0};  // those whose bound the last coupon taken may have changed
  };

  void Bound(size_t depth, uint64_t set, size_t from, int64_t benefit_minor);
  int64_t MostWith(const Level& level, uint64_t open, uint64_t set);
  void EmptyBuckets(uint64_t set);
  int64_t PutIntoBucket(size_t i, int64_t bound);
  void Descend(size_t depth, uint64_t set, size_t from, int64_t benefit_minor);
  bool Try(size_t depth, uint64_t set, size_t i, int64_t benefit_minor);
  void DescendLeast(size_t depth, uint64_t set, size_t from, int64_t benefit_minor);
  bool LeavesSomething(const Level& level, size_t i) const;
  bool Complete(uint64_t set);
  void Meet(uint64_t set, int64_t benefit_minor);
  void Seed();

  const CandidateSet& candidates_;
  int64_t work_max_;
  int64_t work_ = 0;
  uint64_t known_ = 0;
  Found found_;
  Found least_;
  Found second_;
  std::vector<Level> levels_;
  Cut cut_;
  // Each coupon counts for one group in bounds: the tightest of its own.
  std::vector<size_t> bucket_;
  std::vector<uint64_t> bucket_members_;
  std::vector<size_t> bucket_room_;
  std::vector<std::vector<int64_t>> bucket_best_;
};

}  // namespace tessera::core
