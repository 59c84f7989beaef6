#include "core/offer_pricing.h"

#include <algorithm>
#include <limits>

#include "core/allocation.h"
#include "core/cut_pricing.h"

namespace tessera::core {
namespace {

constexpr int64_t kBasisPointsWhole = 10'000;

// The SKU that an offer lowers by name, or nothing.
const std::string* NamedSku(const Benefit& benefit) {
  if (const auto* exchange = std::get_if<Exchange>(&benefit)) return &exchange->sku;
  const auto* deal = std::get_if<BuyGet>(&benefit);
  return deal != nullptr && !deal->get_sku.empty() ? &deal->get_sku : nullptr;
}

bool LowersLines(const Benefit& benefit) {
  return !std::holds_alternative<FreeShipping>(benefit) && !std::holds_alternative<Gift>(benefit);
}

int64_t UnitFloor(const Offer& offer, const OrderLine& line) {
  int64_t floor = line.unit_floor_minor.value_or(0);
  if (offer.floor_basis_points) {
    // Rounded up: a floor is never crossed, not even by half a unit. x - round_half_up would round down on a
    // tie only, so the rest is computed exactly.
    const int64_t whole = line.unit_price_minor / kBasisPointsWhole * *offer.floor_basis_points;
    const int64_t rest = line.unit_price_minor % kBasisPointsWhole * *offer.floor_basis_points;
    floor = std::max(floor, whole + (rest + kBasisPointsWhole - 1) / kBasisPointsWhole);
  }
  return std::min(floor, line.unit_price_minor);
}

}  // namespace

void TakenOff::Add(const OfferOnOrder& on_order, const Cut& cut) {
  const auto targets = on_order.targets();
  for (size_t i = 0; i < targets.size(); ++i) lines[targets[i].line] += cut.shares[i];
  shipping_minor += cut.shipping_minor;
}

OfferOnOrder::OfferOnOrder(const Offer& offer, const Order& order, std::optional<int64_t> discount_max_minor)
    : offer_(&offer), order_(&order), discount_max_minor_(discount_max_minor) {
  if (offer.currency != order.currency) {
    refusal_ = Refusal{.why = WhyNot::kCurrencyMismatch};
    return;
  }
  if (FindLines()) RefuseTooFewUnits();
}

bool OfferOnOrder::FindLines() {
  ScopeMatch match = MatchScope(offer_->scope, *order_);
  if (match.failed == Dimension::kOrderCount && !order_->completed_orders) {
    refusal_ = Refusal{.why = WhyNot::kOrderCountUnknown};
    return false;
  }
  if (match.failed != Dimension::kNone) {
    refusal_ = Refusal{.why = WhyNot::kOutOfScope, .dimension = match.failed};
    for (uint32_t i = 0; i < order_->lines.size(); ++i) refusal_->lines.push_back(i);
    return false;
  }
  counted_ = std::move(match.lines);
  counted_list_minor_.reserve(counted_.size());
  const std::string* sku = NamedSku(offer_->benefit);
  for (const uint32_t i : counted_) {
    const OrderLine& line = order_->lines[i];
    counted_list_minor_.push_back(line.quantity * line.unit_price_minor);
    counted_sum_minor_ += counted_list_minor_.back();
    if (sku != nullptr && line.sku != *sku) bought_units_ += line.quantity;
  }
  if (!LowersLines(offer_->benefit)) return true;
  const auto add = [&](uint32_t i) {
    const OrderLine& line = order_->lines[i];
    targets_.push_back({.line = i,
                        .quantity = line.quantity,
                        .unit_price_minor = line.unit_price_minor,
                        .unit_floor_minor = UnitFloor(*offer_, line)});
  };
  if (sku == nullptr) {
    targets_.reserve(counted_.size());
    for (const uint32_t i : counted_) add(i);
    return true;
  }
  for (uint32_t i = 0; i < order_->lines.size(); ++i) {
    if (order_->lines[i].sku == *sku && !ExcludesLine(offer_->scope, order_->lines[i])) add(i);
  }
  if (targets_.empty()) {
    refusal_ = Refusal{.why = WhyNot::kSkuNotInOrder, .missing_units = 1, .sku = *sku};
  }
  return !targets_.empty();
}

void OfferOnOrder::RefuseTooFewUnits() {
  const auto* deal = std::get_if<BuyGet>(&offer_->benefit);
  if (deal == nullptr) return;
  int64_t missing = deal->buy - bought_units_;
  if (deal->get_sku.empty()) {
    missing = deal->buy + 1;
    for (const Target& target : targets_) missing -= target.quantity;
  }
  if (missing > 0) refusal_ = Refusal{.why = WhyNot::kTooFewUnits, .missing_units = missing};
}

int64_t OfferOnOrder::SpendMinor(const TakenOff& before) const {
  int64_t spend = counted_sum_minor_;
  if (offer_->stacking.threshold_basis == ThresholdBasis::kAfterDiscounts) {
    for (const uint32_t i : counted_) spend -= before.lines[i];
  }
  return spend;
}

std::optional<WhyNot> OfferOnOrder::Price(const TakenOff& before, Cut& cut) const {
  CutPricing pricing(*this, before);
  const CutPricing::Amounts amounts = pricing.Compute();
  if (amounts.why) return amounts.why;
  cut.goods_minor = std::min(amounts.goods_minor, discount_max_minor_.value_or(kAmountMax));
  cut.shipping_minor =
      std::min(amounts.shipping_minor, discount_max_minor_.value_or(kAmountMax) - cut.goods_minor);
  cut.worth_minor = amounts.worth_minor;
  cut.shares.resize(targets_.size());
  Allocate(cut.goods_minor, pricing.weights(), pricing.rooms(), cut.shares);
  return std::nullopt;
}

int64_t OfferOnOrder::BenefitBound(const TakenOff& before) const {
  CutPricing pricing(*this, before);
  const CutPricing::Amounts amounts = pricing.ComputeBound();
  return amounts.why ? 0 : amounts.goods_minor + amounts.shipping_minor + amounts.worth_minor;
}

bool OfferOnOrder::bound_takes_sort() const {
  if (std::holds_alternative<BuyGet>(offer_->benefit)) return true;
  const auto* cut = std::get_if<CutTo>(&offer_->benefit);
  return cut != nullptr && cut->quantity_max;
}

int64_t OfferOnOrder::BenefitMinor(const TakenOff& before) const {
  CutPricing pricing(*this, before);
  const CutPricing::Amounts amounts = pricing.Compute();
  return amounts.why ? 0 : amounts.goods_minor + amounts.shipping_minor + amounts.worth_minor;
}

Refusal OfferOnOrder::Explain(WhyNot why, const TakenOff& before) const {
  Refusal refusal{.why = why};
  if (why == WhyNot::kMinimumNotMet) {
    int64_t wanted = offer_->minimum_spend_minor.value_or(0);
    if (const auto* threshold = std::get_if<ThresholdOff>(&offer_->benefit)) {
      wanted = std::max(wanted, threshold->steps.front().at_least_minor);
    }
    refusal.missing_minor = wanted - SpendMinor(before);
  }
  return refusal;
}

}  // namespace tessera::core
