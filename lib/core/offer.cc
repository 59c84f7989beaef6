#include "core/offer.h"

#include "core/limits.h"
#include "core/order_limits.h"

namespace tessera::core {
namespace {

constexpr int64_t kBasisPointsWhole = 10'000;

// Notes the first field that is out of range and ignores the rest.
class FirstMistake {
 public:
  explicit FirstMistake(std::string path) : path_(std::move(path)) {}

  void Range(const std::string& field, int64_t value, int64_t low, int64_t high) {
    if (!status_.ok() || (value >= low && value <= high)) return;
    status_ = InvalidField(path_ + field, "must be " + std::to_string(low) + " to " + std::to_string(high));
  }
  void Range(const std::string& field, const std::optional<int64_t>& value, int64_t low, int64_t high) {
    if (value) Range(field, *value, low, high);
  }
  void Count(const std::string& field, size_t count, size_t low, size_t high) {
    Range(field, static_cast<int64_t>(count), static_cast<int64_t>(low), static_cast<int64_t>(high));
  }
  const Status& status() const { return status_; }

  // A benefit's own fields, by type.
  void operator()(const PercentOff& percent) {
    Range(".basis_points", percent.basis_points, 1, kBasisPointsWhole);
    Range(".cap", percent.cap_minor, 1, kAmountMax);
  }
  void operator()(const AmountOff& amount) { Range(".amount", amount.amount_minor, 1, kAmountMax); }
  void operator()(const ThresholdOff& threshold) {
    Count(".steps", threshold.steps.size(), 1, limits::kThresholdStepsMax);
    ThresholdStep before{.at_least_minor = 0, .off_minor = 0};
    for (size_t i = 0; i < threshold.steps.size(); ++i) {
      const std::string step = ".steps[" + std::to_string(i) + "]";
      Range(step + ".at_least", threshold.steps[i].at_least_minor, before.at_least_minor + 1, kAmountMax);
      Range(step + ".off", threshold.steps[i].off_minor, before.off_minor + 1, kAmountMax);
      before = threshold.steps[i];
    }
  }
  void operator()(const FreeShipping& shipping) { Range(".cap", shipping.cap_minor, 1, kAmountMax); }
  void operator()(const Exchange& exchange) {
    Count(".sku", exchange.sku.size(), 1, limits::kSkuLengthMax);
    Range(".price", exchange.price_minor, 0, kAmountMax);
    Range(".quantity_max", exchange.quantity_max, 1, limits::kQuantityMax);
  }
  void operator()(const Gift& gift) {
    Count(".sku", gift.sku.size(), 1, limits::kSkuLengthMax);
    Range(".quantity", gift.quantity, 1, limits::kQuantityMax);
    Range(".worth", gift.worth_minor, 1, kAmountMax / limits::kQuantityMax);
  }
  void operator()(const CutTo& cut) {
    Range(".price", cut.price_minor, 0, kAmountMax);
    Range(".unit_price_max", cut.unit_price_max_minor, 1, kAmountMax);
    Range(".quantity_max", cut.quantity_max, 1, limits::kQuantityMax);
  }
  void operator()(const BuyGet& deal) {
    Range(".buy", deal.buy, 1, limits::kRunUnitsMax);
    Range(".get", deal.get, 1, limits::kRunUnitsMax);
    Range(".basis_points", deal.basis_points, 1, kBasisPointsWhole);
    Range(".times_max", deal.times_max, 1, limits::kQuantityMax);
    Count(".get_sku", deal.get_sku.size(), 0, limits::kSkuLengthMax);
  }

 private:
  std::string path_;
  Status status_ = Ok();
};

void CheckSelection(FirstMistake& check, const std::string& field, const Selection& selection) {
  check.Count(field + ".include", selection.include.size(), 0, limits::kScopeEntriesMax);
  check.Count(field + ".exclude", selection.exclude.size(), 0, limits::kScopeEntriesMax);
}

}  // namespace

Status CheckOffer(const Offer& offer, const std::string& path) {
  FirstMistake benefit(path + ".benefit");
  std::visit(benefit, offer.benefit);
  if (!benefit.status().ok()) return benefit.status();
  FirstMistake check(path);
  check.Range(".minimum_spend", offer.minimum_spend_minor, 1, kAmountMax);
  if (offer.floor_basis_points)
    check.Range(".floor_basis_points", *offer.floor_basis_points, 1, kBasisPointsWhole);
  CheckSelection(check, ".scope.skus", offer.scope.skus);
  CheckSelection(check, ".scope.categories", offer.scope.categories);
  CheckSelection(check, ".scope.merchants", offer.scope.merchants);
  CheckSelection(check, ".scope.stores", offer.scope.stores);
  CheckSelection(check, ".scope.channels", offer.scope.channels);
  CheckSelection(check, ".scope.payment_methods", offer.scope.payment_methods);
  CheckSelection(check, ".scope.user_attributes", offer.scope.user_attributes);
  check.Count(".stacking.groups", offer.stacking.groups.size(), 0, limits::kGroupsPerCouponMax);
  for (size_t i = 0; i < offer.stacking.groups.size(); ++i) {
    const std::string group = ".stacking.groups[" + std::to_string(i) + "]";
    check.Count(group + ".group", offer.stacking.groups[i].group.size(), 1, limits::kNameLengthMax);
    check.Range(group + ".at_most", offer.stacking.groups[i].at_most, 1,
                static_cast<int64_t>(limits::kStackedCouponsMax));
  }
  check.Count(".weekly_windows", offer.weekly_windows.size(), 0, limits::kWeeklyWindowsMax);
  for (size_t i = 0; i < offer.weekly_windows.size(); ++i) {
    const std::string window = ".weekly_windows[" + std::to_string(i) + "]";
    check.Range(window + ".day", offer.weekly_windows[i].day, 0, 6);
    check.Range(window + ".start_minute", offer.weekly_windows[i].start_minute, 0, 1'439);
    check.Range(window + ".end_minute", offer.weekly_windows[i].end_minute, 0, 1'440);
  }
  return check.status();
}

}  // namespace tessera::core
