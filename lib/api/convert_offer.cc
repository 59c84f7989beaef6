#include "api/convert_offer.h"

#include <variant>

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

// One overload for each benefit: a new alternative does not compile until it has one.
struct BenefitWriter {
  pb::Offer& out;

  void operator()(const core::PercentOff& percent) const {
    pb::PercentOff& to = *out.mutable_percent_off();
    to.set_basis_points(percent.basis_points);
    if (percent.cap_minor) to.set_cap_minor(*percent.cap_minor);
  }
  void operator()(const core::AmountOff& amount) const {
    out.mutable_amount_off()->set_amount_minor(amount.amount_minor);
  }
  void operator()(const core::ThresholdOff& threshold) const {
    pb::ThresholdOff& to = *out.mutable_threshold_off();
    for (const core::ThresholdStep& step : threshold.steps) {
      pb::ThresholdStep& added = *to.add_steps();
      added.set_at_least_minor(step.at_least_minor);
      added.set_off_minor(step.off_minor);
    }
  }
  void operator()(const core::FreeShipping& shipping) const {
    pb::FreeShipping& to = *out.mutable_free_shipping();
    if (shipping.cap_minor) to.set_cap_minor(*shipping.cap_minor);
  }
  void operator()(const core::Exchange& exchange) const {
    pb::Exchange& to = *out.mutable_exchange();
    to.set_sku(exchange.sku);
    to.set_price_minor(exchange.price_minor);
    to.set_quantity_max(exchange.quantity_max);
  }
  void operator()(const core::Gift& gift) const {
    pb::Gift& to = *out.mutable_gift();
    to.set_sku(gift.sku);
    to.set_quantity(gift.quantity);
    to.set_worth_minor(gift.worth_minor);
  }
  void operator()(const core::CutTo& cut) const {
    pb::CutTo& to = *out.mutable_cut_to();
    to.set_price_minor(cut.price_minor);
    if (cut.unit_price_max_minor) to.set_unit_price_max_minor(*cut.unit_price_max_minor);
    if (cut.quantity_max) to.set_quantity_max(*cut.quantity_max);
  }
  void operator()(const core::BuyGet& deal) const {
    pb::BuyGet& to = *out.mutable_buy_get();
    to.set_buy(deal.buy);
    to.set_get(deal.get);
    to.set_basis_points(deal.basis_points);
    if (deal.times_max) to.set_times_max(*deal.times_max);
    to.set_get_sku(deal.get_sku);
  }
};

std::optional<int64_t> Maybe(bool set, int64_t value) {
  return set ? std::optional<int64_t>(value) : std::nullopt;
}

core::Benefit BenefitOf(const pb::Offer& offer) {
  switch (offer.benefit_case()) {
    case pb::Offer::kPercentOff: {
      const pb::PercentOff& from = offer.percent_off();
      return core::PercentOff{.basis_points = from.basis_points(),
                              .cap_minor = Maybe(from.has_cap_minor(), from.cap_minor())};
    }
    case pb::Offer::kAmountOff:
      return core::AmountOff{.amount_minor = offer.amount_off().amount_minor()};
    case pb::Offer::kThresholdOff: {
      core::ThresholdOff threshold;
      for (const pb::ThresholdStep& step : offer.threshold_off().steps()) {
        threshold.steps.push_back({.at_least_minor = step.at_least_minor(), .off_minor = step.off_minor()});
      }
      return threshold;
    }
    case pb::Offer::kFreeShipping: {
      const pb::FreeShipping& from = offer.free_shipping();
      return core::FreeShipping{.cap_minor = Maybe(from.has_cap_minor(), from.cap_minor())};
    }
    case pb::Offer::kExchange: {
      const pb::Exchange& from = offer.exchange();
      return core::Exchange{
          .sku = from.sku(), .price_minor = from.price_minor(), .quantity_max = from.quantity_max()};
    }
    case pb::Offer::kGift: {
      const pb::Gift& from = offer.gift();
      return core::Gift{.sku = from.sku(), .quantity = from.quantity(), .worth_minor = from.worth_minor()};
    }
    case pb::Offer::kCutTo: {
      const pb::CutTo& from = offer.cut_to();
      return core::CutTo{
          .price_minor = from.price_minor(),
          .unit_price_max_minor = Maybe(from.has_unit_price_max_minor(), from.unit_price_max_minor()),
          .quantity_max = Maybe(from.has_quantity_max(), from.quantity_max())};
    }
    case pb::Offer::kBuyGet: {
      const pb::BuyGet& from = offer.buy_get();
      return core::BuyGet{.buy = from.buy(),
                          .get = from.get(),
                          .basis_points = from.basis_points(),
                          .times_max = Maybe(from.has_times_max(), from.times_max()),
                          .get_sku = from.get_sku()};
    }
    case pb::Offer::BENEFIT_NOT_SET:
      break;
  }
  return {};
}

void Set(pb::Selection* out, const core::Selection& selection) {
  *out->mutable_include() = {selection.include.begin(), selection.include.end()};
  *out->mutable_exclude() = {selection.exclude.begin(), selection.exclude.end()};
}

core::Selection SelectionOf(const pb::Selection& selection) {
  return {.include = {selection.include().begin(), selection.include().end()},
          .exclude = {selection.exclude().begin(), selection.exclude().end()}};
}

void Set(pb::OrderCount* out, const core::OrderCount& count) {
  if (count.completed_min) out->set_completed_min(*count.completed_min);
  if (count.completed_max) out->set_completed_max(*count.completed_max);
}

core::OrderCount OrderCountOf(const pb::OrderCount& count) {
  return {.completed_min = Maybe(count.has_completed_min(), count.completed_min()),
          .completed_max = Maybe(count.has_completed_max(), count.completed_max())};
}

void Set(pb::Scope* out, const core::Scope& scope) {
  const core::Selection all;
  if (scope.skus != all) Set(out->mutable_skus(), scope.skus);
  if (scope.categories != all) Set(out->mutable_categories(), scope.categories);
  if (scope.merchants != all) Set(out->mutable_merchants(), scope.merchants);
  if (scope.stores != all) Set(out->mutable_stores(), scope.stores);
  if (scope.channels != all) Set(out->mutable_channels(), scope.channels);
  if (scope.payment_methods != all) Set(out->mutable_payment_methods(), scope.payment_methods);
  if (scope.user_attributes != all) Set(out->mutable_user_attributes(), scope.user_attributes);
  if (scope.order_count != core::OrderCount{}) Set(out->mutable_order_count(), scope.order_count);
}

core::Scope ScopeOf(const pb::Scope& scope) {
  return {.skus = SelectionOf(scope.skus()),
          .categories = SelectionOf(scope.categories()),
          .merchants = SelectionOf(scope.merchants()),
          .stores = SelectionOf(scope.stores()),
          .channels = SelectionOf(scope.channels()),
          .payment_methods = SelectionOf(scope.payment_methods()),
          .user_attributes = SelectionOf(scope.user_attributes()),
          .order_count = OrderCountOf(scope.order_count())};
}

pb::PriceBase ToProto(core::PriceBase base) {
  switch (base) {
    case core::PriceBase::kRemaining:
      return pb::PRICE_BASE_REMAINING;
    case core::PriceBase::kInitial:
      return pb::PRICE_BASE_INITIAL;
  }
  return pb::PRICE_BASE_UNSPECIFIED;
}

pb::ThresholdBasis ToProto(core::ThresholdBasis basis) {
  switch (basis) {
    case core::ThresholdBasis::kBeforeDiscounts:
      return pb::THRESHOLD_BASIS_BEFORE_DISCOUNTS;
    case core::ThresholdBasis::kAfterDiscounts:
      return pb::THRESHOLD_BASIS_AFTER_DISCOUNTS;
  }
  return pb::THRESHOLD_BASIS_UNSPECIFIED;
}

void Set(pb::StackingRule* out, const core::StackingRule& rule) {
  out->set_exclusive(rule.exclusive);
  for (const core::GroupRule& group : rule.groups) {
    pb::GroupRule& added = *out->add_groups();
    added.set_group(group.group);
    added.set_at_most(group.at_most);
  }
  out->set_priority(rule.priority);
  out->set_base(ToProto(rule.base));
  out->set_threshold_basis(ToProto(rule.threshold_basis));
}

core::StackingRule StackingOf(const pb::StackingRule& rule) {
  core::StackingRule out;
  out.exclusive = rule.exclusive();
  for (const pb::GroupRule& group : rule.groups()) {
    out.groups.push_back({.group = group.group(), .at_most = group.at_most()});
  }
  out.priority = rule.priority();
  if (rule.base() == pb::PRICE_BASE_INITIAL) out.base = core::PriceBase::kInitial;
  if (rule.threshold_basis() == pb::THRESHOLD_BASIS_AFTER_DISCOUNTS) {
    out.threshold_basis = core::ThresholdBasis::kAfterDiscounts;
  }
  return out;
}

// The core counts days from Monday as 0, the contract as 1.
void Set(pb::WeeklyWindow* out, const core::WeeklyWindow& window) {
  out->set_day(static_cast<pb::DayOfWeek>(window.day + pb::DAY_OF_WEEK_MONDAY));
  out->set_start_minute(window.start_minute);
  out->set_end_minute(window.end_minute);
}

core::WeeklyWindow WindowOf(const pb::WeeklyWindow& window) {
  return {.day = pb::DayOfWeek_IsValid(window.day()) ? window.day() - pb::DAY_OF_WEEK_MONDAY : -1,
          .start_minute = window.start_minute(),
          .end_minute = window.end_minute()};
}

}  // namespace

pb::Offer ToProto(const core::Offer& offer) {
  pb::Offer out;
  std::visit(BenefitWriter{out}, offer.benefit);
  if (offer.minimum_spend_minor) out.set_minimum_spend_minor(*offer.minimum_spend_minor);
  if (offer.scope != core::Scope{}) Set(out.mutable_scope(), offer.scope);
  if (offer.floor_basis_points) out.set_floor_basis_points(*offer.floor_basis_points);
  if (offer.stacking != core::StackingRule{}) Set(out.mutable_stacking(), offer.stacking);
  for (const core::WeeklyWindow& window : offer.weekly_windows) Set(out.add_weekly_windows(), window);
  return out;
}

core::Offer FromProto(const pb::Offer& offer, const core::Currency& currency) {
  core::Offer out;
  out.currency = currency;
  out.benefit = BenefitOf(offer);
  out.minimum_spend_minor = Maybe(offer.has_minimum_spend_minor(), offer.minimum_spend_minor());
  out.scope = ScopeOf(offer.scope());
  if (offer.has_floor_basis_points()) out.floor_basis_points = offer.floor_basis_points();
  out.stacking = StackingOf(offer.stacking());
  for (const pb::WeeklyWindow& window : offer.weekly_windows()) {
    out.weekly_windows.push_back(WindowOf(window));
  }
  return out;
}

}  // namespace tessera::api
