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
    if (value < low || value > high) Fail(field, "must be " + Span(low, high));
  }
  void Range(const std::string& field, const std::optional<int64_t>& value, int64_t low, int64_t high) {
    if (value) Range(field, *value, low, high);
  }
  void Entries(const std::string& field, size_t count, size_t low, size_t high) {
    if (count < low || count > high) Fail(field, "must have " + Span(low, high) + " entries");
  }
  void Bytes(const std::string& field, const std::string& text, size_t low, size_t high) {
    if (text.size() < low || text.size() > high) Fail(field, "must have " + Span(low, high) + " bytes");
  }
  void Fail(const std::string& field, const std::string& must) {
    if (status_.ok()) status_ = InvalidField(path_ + field, must);
  }
  const Status& status() const { return status_; }

 private:
  template <class Number>
  static std::string Span(Number low, Number high) {
    return std::to_string(low) + " to " + std::to_string(high);
  }

  std::string path_;
  Status status_ = Ok();
};

// What a benefit's own fields may be. A new type of coupon does not compile until it stands here, and below.
struct BenefitRanges {
  FirstMistake& check;

  void operator()(const PercentOff& percent) const {
    check.Range(".percent_off.basis_points", percent.basis_points, 1, kBasisPointsWhole);
    check.Range(".percent_off.cap_minor", percent.cap_minor, 1, kAmountMax);
  }
  void operator()(const AmountOff& amount) const {
    check.Range(".amount_off.amount_minor", amount.amount_minor, 1, kAmountMax);
  }
  void operator()(const ThresholdOff& threshold) const {
    check.Entries(".threshold_off.steps", threshold.steps.size(), 1, limits::kThresholdStepsMax);
    ThresholdStep before{.at_least_minor = 0, .off_minor = 0};
    for (size_t i = 0; i < threshold.steps.size(); ++i) {
      const std::string step = ".threshold_off.steps[" + std::to_string(i) + "]";
      check.Range(step + ".at_least_minor", threshold.steps[i].at_least_minor, before.at_least_minor + 1,
                  kAmountMax);
      check.Range(step + ".off_minor", threshold.steps[i].off_minor, before.off_minor + 1, kAmountMax);
      if (!check.status().ok()) return;  // and nothing is counted on from a step that is out of range
      before = threshold.steps[i];
    }
  }
  void operator()(const FreeShipping& shipping) const {
    check.Range(".free_shipping.cap_minor", shipping.cap_minor, 1, kAmountMax);
  }
  void operator()(const Exchange& exchange) const {
    check.Bytes(".exchange.sku", exchange.sku, 1, limits::kSkuLengthMax);
    check.Range(".exchange.price_minor", exchange.price_minor, 0, kAmountMax);
    check.Range(".exchange.quantity_max", exchange.quantity_max, 1, limits::kQuantityMax);
  }
  void operator()(const Gift& gift) const {
    check.Bytes(".gift.sku", gift.sku, 1, limits::kSkuLengthMax);
    check.Range(".gift.quantity", gift.quantity, 1, limits::kQuantityMax);
    check.Range(".gift.worth_minor", gift.worth_minor, 1, kAmountMax / limits::kQuantityMax);
  }
  void operator()(const CutTo& cut) const {
    check.Range(".cut_to.price_minor", cut.price_minor, 0, kAmountMax);
    check.Range(".cut_to.unit_price_max_minor", cut.unit_price_max_minor, 1, kAmountMax);
    check.Range(".cut_to.quantity_max", cut.quantity_max, 1, limits::kQuantityMax);
  }
  void operator()(const BuyGet& deal) const {
    check.Range(".buy_get.buy", deal.buy, 1, limits::kRunUnitsMax);
    check.Range(".buy_get.get", deal.get, 1, limits::kRunUnitsMax);
    check.Range(".buy_get.basis_points", deal.basis_points, 1, kBasisPointsWhole);
    check.Range(".buy_get.times_max", deal.times_max, 1, limits::kQuantityMax);
    check.Bytes(".buy_get.get_sku", deal.get_sku, 0, limits::kSkuLengthMax);
  }
};

// What a benefit's own fields must be for sums not to overflow and for nothing to be divided by zero.
struct Computable {
  FirstMistake& check;

  void Amount(const char* field, const std::optional<int64_t>& minor) const {
    check.Range(field, minor, 0, kAmountMax);
  }
  void operator()(const PercentOff& percent) const {
    check.Range(".percent_off.basis_points", percent.basis_points, 0, kBasisPointsWhole);
    Amount(".percent_off.cap_minor", percent.cap_minor);
  }
  void operator()(const AmountOff& amount) const { Amount(".amount_off.amount_minor", amount.amount_minor); }
  void operator()(const ThresholdOff& threshold) const {
    if (threshold.steps.empty()) check.Fail(".threshold_off.steps", "must not be empty");
    for (const ThresholdStep& step : threshold.steps) {
      Amount(".threshold_off.steps.at_least_minor", step.at_least_minor);
      Amount(".threshold_off.steps.off_minor", step.off_minor);
    }
  }
  void operator()(const FreeShipping& shipping) const {
    Amount(".free_shipping.cap_minor", shipping.cap_minor);
  }
  void operator()(const Exchange& exchange) const {
    Amount(".exchange.price_minor", exchange.price_minor);
    Amount(".exchange.quantity_max", exchange.quantity_max);
  }
  void operator()(const Gift& gift) const {
    check.Range(".gift.quantity", gift.quantity, 0, limits::kQuantityMax);
    check.Range(".gift.worth_minor", gift.worth_minor, 0, kAmountMax / limits::kQuantityMax);
  }
  void operator()(const CutTo& cut) const {
    Amount(".cut_to.price_minor", cut.price_minor);
    Amount(".cut_to.unit_price_max_minor", cut.unit_price_max_minor);
    Amount(".cut_to.quantity_max", cut.quantity_max);
  }
  void operator()(const BuyGet& deal) const {
    check.Range(".buy_get.buy", deal.buy, 1, limits::kRunUnitsMax);
    check.Range(".buy_get.get", deal.get, 1, limits::kRunUnitsMax);
    check.Range(".buy_get.basis_points", deal.basis_points, 0, kBasisPointsWhole);
    check.Range(".buy_get.times_max", deal.times_max, 0, limits::kQuantityMax);
  }
};

void CheckNames(FirstMistake& check, const std::string& field, const std::vector<std::string>& names) {
  check.Entries(field, names.size(), 0, limits::kScopeEntriesMax);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || names[i].size() > limits::kNameLengthMax) {
      check.Bytes(field + "[" + std::to_string(i) + "]", names[i], 1, limits::kNameLengthMax);
    }
  }
}

void CheckSelection(FirstMistake& check, const std::string& field, const Selection& selection) {
  CheckNames(check, field + ".include", selection.include);
  CheckNames(check, field + ".exclude", selection.exclude);
}

// An attribute without a "=" would be one that no order can have.
void CheckAttributes(FirstMistake& check, const std::string& field, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].find('=') == std::string::npos) {
      check.Fail(field + "[" + std::to_string(i) + "]", "must be name=value");
    }
  }
}

void CheckScope(FirstMistake& check, const Scope& scope) {
  CheckSelection(check, ".scope.skus", scope.skus);
  CheckSelection(check, ".scope.categories", scope.categories);
  CheckSelection(check, ".scope.merchants", scope.merchants);
  CheckSelection(check, ".scope.stores", scope.stores);
  CheckSelection(check, ".scope.channels", scope.channels);
  CheckSelection(check, ".scope.payment_methods", scope.payment_methods);
  CheckSelection(check, ".scope.user_attributes", scope.user_attributes);
  CheckAttributes(check, ".scope.user_attributes.include", scope.user_attributes.include);
  CheckAttributes(check, ".scope.user_attributes.exclude", scope.user_attributes.exclude);
  const OrderCount& count = scope.order_count;
  check.Range(".scope.order_count.completed_min", count.completed_min, 0, limits::kCompletedOrdersMax);
  check.Range(".scope.order_count.completed_max", count.completed_max, count.completed_min.value_or(0),
              limits::kCompletedOrdersMax);
}

void CheckStacking(FirstMistake& check, const StackingRule& stacking) {
  check.Entries(".stacking.groups", stacking.groups.size(), 0, limits::kGroupsPerCouponMax);
  for (size_t i = 0; i < stacking.groups.size(); ++i) {
    const std::string group = ".stacking.groups[" + std::to_string(i) + "]";
    check.Bytes(group + ".group", stacking.groups[i].group, 1, limits::kNameLengthMax);
    check.Range(group + ".at_most", stacking.groups[i].at_most, 1,
                static_cast<int64_t>(limits::kStackedCouponsMax));
  }
}

void CheckWindows(FirstMistake& check, const std::vector<WeeklyWindow>& windows) {
  for (size_t i = 0; i < windows.size(); ++i) {
    const std::string window = ".weekly_windows[" + std::to_string(i) + "]";
    check.Range(window + ".day", windows[i].day, 0, 6);
    check.Range(window + ".start_minute", windows[i].start_minute, 0, 1'439);
    check.Range(window + ".end_minute", windows[i].end_minute, 0, 1'440);
  }
}

}  // namespace

Status CheckOffer(const Offer& offer, const std::string& path) {
  FirstMistake check(path);
  std::visit(BenefitRanges{check}, offer.benefit);
  CheckScope(check, offer.scope);
  check.Range(".minimum_spend_minor", offer.minimum_spend_minor, 1, kAmountMax);
  check.Range(".floor_basis_points", offer.floor_basis_points, 1, kBasisPointsWhole);
  CheckStacking(check, offer.stacking);
  check.Entries(".weekly_windows", offer.weekly_windows.size(), 0, limits::kWeeklyWindowsMax);
  CheckWindows(check, offer.weekly_windows);
  return check.status();
}

Status CheckComputable(const Offer& offer, const std::string& path) {
  FirstMistake check(path);
  std::visit(Computable{check}, offer.benefit);
  check.Range(".minimum_spend_minor", offer.minimum_spend_minor, 0, kAmountMax);
  check.Range(".floor_basis_points", offer.floor_basis_points, 0, kBasisPointsWhole);
  CheckWindows(check, offer.weekly_windows);
  return check.status();
}

}  // namespace tessera::core
