#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/offer_pricing.h"

namespace tessera::core {

// The amount that one offer takes off in one state of an order, before it is split: the part of OfferOnOrder
// that knows the types. It keeps its working memory per thread, so at most one lives on a thread at a time.
class CutPricing {
 public:
  CutPricing(const OfferOnOrder& on_order, const TakenOff& before);

  struct Amounts {
    std::optional<WhyNot> why;
    int64_t goods_minor = 0;
    int64_t shipping_minor = 0;
    int64_t worth_minor = 0;
  };
  Amounts Compute();
  // No less than Compute in any state that took more. All types but one only fall when more was taken, so
  // they are their own bound: sums of what is left, of gains over a price, of the k-th dearest units. A
  // BuyGet on what is left may lower another unit when prices change places, one with more room above its
  // floor; its bound leaves floors out.
  Amounts ComputeBound();

  // What the amount is split by, by target. After Compute.
  std::span<const int64_t> weights() const;
  std::span<const int64_t> rooms() const;

  // One per type.
  Amounts operator()(const PercentOff& percent);
  Amounts operator()(const AmountOff& amount);
  Amounts operator()(const ThresholdOff& threshold);
  Amounts operator()(const FreeShipping& shipping);
  Amounts operator()(const Exchange& exchange);
  Amounts operator()(const Gift& gift);
  Amounts operator()(const CutTo& cut);
  Amounts operator()(const BuyGet& deal);

 private:
  // `count` units of a target at one price.
  struct Units {
    uint32_t target;
    int64_t value_minor;
    int64_t count;
  };
  struct Memory {
    std::vector<int64_t> weights;
    std::vector<int64_t> rooms;
    std::vector<Units> units;
  };
  static Memory& ThreadMemory();

  int64_t Left(const OfferOnOrder::Target& target) const {
    return target.quantity * target.unit_price_minor - before_.lines[target.line];
  }
  bool FromList() const { return on_order_.offer().stacking.base == PriceBase::kInitial; }
  void WeighByPrice();
  int64_t ShareOfWeights(int32_t basis_points) const;
  int64_t RoomInAll() const;
  template <class Take>
  void ForUnits(size_t target, const Take& take) const;
  void SortUnits();
  int64_t WeighGains(int64_t price_minor, const std::optional<int64_t>& unit_price_max_minor,
                     const std::optional<int64_t>& quantity_max);
  void WeighRuns(const BuyGet& deal);
  static Amounts Goods(int64_t minor);

  const OfferOnOrder& on_order_;
  const TakenOff& before_;
  Memory& memory_;
  int64_t spend_minor_ = 0;
  bool bound_ = false;
};

}  // namespace tessera::core
