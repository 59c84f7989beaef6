#include "core/cut_pricing.h"

#include <algorithm>
#include <limits>

namespace tessera::core {
namespace {

constexpr int64_t kBasisPointsWhole = 10'000;
__extension__ using Wide = unsigned __int128;

}  // namespace

CutPricing::Memory& CutPricing::ThreadMemory() {
  static thread_local Memory memory;
  return memory;
}

CutPricing::CutPricing(const OfferOnOrder& on_order, const TakenOff& before)
    : on_order_(on_order), before_(before), memory_(ThreadMemory()) {
  const size_t targets = on_order.targets().size();
  memory_.weights.resize(targets);
  memory_.rooms.resize(targets);
}

CutPricing::Amounts CutPricing::Compute() {
  spend_minor_ = on_order_.SpendMinor(before_);
  if (spend_minor_ < on_order_.offer().minimum_spend_minor.value_or(0)) {
    return {.why = WhyNot::kMinimumNotMet};
  }
  return std::visit(*this, on_order_.offer().benefit);
}

CutPricing::Amounts CutPricing::ComputeBound() {
  bound_ = true;
  return Compute();
}

std::span<const int64_t> CutPricing::weights() const { return memory_.weights; }
std::span<const int64_t> CutPricing::rooms() const { return memory_.rooms; }

CutPricing::Amounts CutPricing::Goods(int64_t minor) {
  if (minor <= 0) return {.why = WhyNot::kNothingToTakeOff};
  return {.goods_minor = minor};
}

// Each target's weight is its price, its room what is left above its floor.
void CutPricing::WeighByPrice() {
  const auto targets = on_order_.targets();
  const bool from_list = FromList();
  for (size_t i = 0; i < targets.size(); ++i) {
    const int64_t list = targets[i].quantity * targets[i].unit_price_minor;
    const int64_t left = list - before_.lines[targets[i].line];
    memory_.weights[i] = from_list ? list : left;
    memory_.rooms[i] = std::max<int64_t>(0, left - targets[i].quantity * targets[i].unit_floor_minor);
  }
}

// The share of the weights, line by line at most the room, rounded half up once on the sum: rooms are whole
// minor units, so only the lines that have room enough need rounding.
int64_t CutPricing::ShareOfWeights(int32_t basis_points) const {
  int64_t open = 0;
  int64_t full = 0;
  for (size_t i = 0; i < memory_.weights.size(); ++i) {
    const bool fits = static_cast<Wide>(memory_.weights[i]) * static_cast<Wide>(basis_points) <=
                      static_cast<Wide>(memory_.rooms[i]) * static_cast<Wide>(kBasisPointsWhole);
    (fits || bound_ ? open : full) += fits || bound_ ? memory_.weights[i] : memory_.rooms[i];
  }
  return full + MultiplyRoundHalfUp(open, basis_points, kBasisPointsWhole);
}

int64_t CutPricing::RoomInAll() const {
  int64_t room = 0;
  for (const int64_t one : memory_.rooms) room += one;
  return room;
}

CutPricing::Amounts CutPricing::operator()(const PercentOff& percent) {
  WeighByPrice();
  bound_ = false;  // it is its own bound
  const int64_t share = ShareOfWeights(percent.basis_points);
  return Goods(percent.cap_minor ? std::min(share, *percent.cap_minor) : share);
}

CutPricing::Amounts CutPricing::operator()(const AmountOff& amount) {
  WeighByPrice();
  return Goods(std::min(amount.amount_minor, RoomInAll()));
}

CutPricing::Amounts CutPricing::operator()(const ThresholdOff& threshold) {
  const ThresholdStep* reached = nullptr;
  for (const ThresholdStep& step : threshold.steps) {
    if (step.at_least_minor <= spend_minor_) reached = &step;
  }
  if (reached == nullptr) return {.why = WhyNot::kMinimumNotMet};
  WeighByPrice();
  return Goods(std::min(reached->off_minor, RoomInAll()));
}

CutPricing::Amounts CutPricing::operator()(const FreeShipping& shipping) {
  const int64_t left = on_order_.order().shipping_minor - before_.shipping_minor;
  const int64_t off = std::min(left, shipping.cap_minor.value_or(left));
  if (off <= 0) return {.why = WhyNot::kNothingToTakeOff};
  return {.shipping_minor = off};
}

CutPricing::Amounts CutPricing::operator()(const Exchange& exchange) {
  return Goods(WeighGains(exchange.price_minor, std::nullopt, exchange.quantity_max));
}

CutPricing::Amounts CutPricing::operator()(const Gift& gift) {
  return {.worth_minor = gift.quantity * gift.worth_minor};
}

CutPricing::Amounts CutPricing::operator()(const CutTo& cut) {
  return Goods(WeighGains(cut.price_minor, cut.unit_price_max_minor, cut.quantity_max));
}

CutPricing::Amounts CutPricing::operator()(const BuyGet& deal) {
  WeighByPrice();  // for the rooms
  WeighRuns(deal);
  if (FromList()) bound_ = false;  // always the same units: it is its own bound
  return Goods(ShareOfWeights(deal.basis_points));
}

// The units of a target by price: one kind at the list price, or two that differ by one minor unit.
template <class Take>
void CutPricing::ForUnits(size_t target, const Take& take) const {
  const OfferOnOrder::Target& one = on_order_.targets()[target];
  if (FromList()) {
    take(one.unit_price_minor, one.quantity);
    return;
  }
  const int64_t left = Left(one);
  const int64_t dearer = left % one.quantity;
  if (dearer > 0) take(left / one.quantity + 1, dearer);
  take(left / one.quantity, one.quantity - dearer);
}

// The highest value first; where two are equal the earlier line.
void CutPricing::SortUnits() {
  std::sort(memory_.units.begin(), memory_.units.end(), [](const Units& a, const Units& b) {
    return a.value_minor != b.value_minor ? a.value_minor > b.value_minor : a.target < b.target;
  });
}

// Each target's weight is what its units cost above the price, or above their floor where that is higher; the
// sum of the weights. With a limit the units that gain most count.
int64_t CutPricing::WeighGains(int64_t price_minor, const std::optional<int64_t>& unit_price_max_minor,
                               const std::optional<int64_t>& quantity_max) {
  WeighByPrice();
  const auto targets = on_order_.targets();
  memory_.units.clear();
  for (size_t i = 0; i < targets.size(); ++i) {
    memory_.weights[i] = 0;
    if (unit_price_max_minor && targets[i].unit_price_minor > *unit_price_max_minor) continue;
    const int64_t down_to = std::max(price_minor, targets[i].unit_floor_minor);
    ForUnits(i, [&](int64_t unit_price, int64_t count) {
      if (unit_price <= down_to) return;
      memory_.units.push_back(
          {.target = static_cast<uint32_t>(i), .value_minor = unit_price - down_to, .count = count});
    });
  }
  if (quantity_max) SortUnits();
  int64_t units_left = quantity_max.value_or(std::numeric_limits<int64_t>::max());
  for (const Units& units : memory_.units) {
    const int64_t count = std::min(units.count, units_left);
    memory_.weights[units.target] += units.value_minor * count;
    units_left -= count;
  }
  int64_t gains = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    memory_.weights[i] = std::min(memory_.weights[i], memory_.rooms[i]);
    gains += memory_.weights[i];
  }
  return gains;
}

// Each target's weight is the price of its units that are lowered.
void CutPricing::WeighRuns(const BuyGet& deal) {
  memory_.units.clear();
  for (size_t i = 0; i < memory_.weights.size(); ++i) {
    memory_.weights[i] = 0;
    ForUnits(i, [&](int64_t unit_price, int64_t count) {
      memory_.units.push_back(
          {.target = static_cast<uint32_t>(i), .value_minor = unit_price, .count = count});
    });
  }
  SortUnits();
  const int64_t times_max = deal.times_max.value_or(std::numeric_limits<int64_t>::max());
  const int64_t run = deal.buy + deal.get;
  const int64_t named_units = std::min(on_order_.bought_units() / deal.buy, times_max) * deal.get;
  // How many of the first `units` are lowered.
  const auto lowered = [&](int64_t units) {
    if (!deal.get_sku.empty()) return std::min(units, named_units);
    const int64_t runs = units / run;
    if (runs >= times_max) return times_max * deal.get;
    return runs * deal.get + std::max<int64_t>(0, units % run - deal.buy);
  };
  int64_t laid_out = 0;
  for (const Units& units : memory_.units) {
    const int64_t count = lowered(laid_out + units.count) - lowered(laid_out);
    memory_.weights[units.target] += count * units.value_minor;
    laid_out += units.count;
  }
}

}  // namespace tessera::core
