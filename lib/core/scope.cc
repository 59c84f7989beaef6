#include "core/scope.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "core/order.h"

namespace tessera::core {
namespace {

bool Has(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool HasAny(const std::vector<std::string>& list, std::span<const std::string> values) {
  return std::any_of(values.begin(), values.end(),
                     [&](const std::string& value) { return Has(list, value); });
}

bool LetsIn(const Selection& selection, std::span<const std::string> values) {
  if (!selection.exclude.empty() && HasAny(selection.exclude, values)) return false;
  return selection.include.empty() || HasAny(selection.include, values);
}

// A value that the order leaves empty is no value.
bool LetsIn(const Selection& selection, const std::string& value) {
  return LetsIn(selection, std::span<const std::string>(&value, value.empty() ? 0U : 1U));
}

bool Holds(const OrderCount& rule, const std::optional<int64_t>& completed) {
  if (!rule.completed_min && !rule.completed_max) return true;
  return completed && *completed >= rule.completed_min.value_or(0) &&
         *completed <= rule.completed_max.value_or(*completed);
}

Dimension FailedOrder(const Scope& scope, const Order& order) {
  if (!LetsIn(scope.merchants, order.merchant)) return Dimension::kMerchant;
  if (!LetsIn(scope.stores, order.store)) return Dimension::kStore;
  if (!LetsIn(scope.channels, order.channel)) return Dimension::kChannel;
  if (!LetsIn(scope.payment_methods, order.payment_method)) return Dimension::kPaymentMethod;
  if (!LetsIn(scope.user_attributes, order.user_attributes)) return Dimension::kUserAttribute;
  if (!Holds(scope.order_count, order.completed_orders)) return Dimension::kOrderCount;
  return Dimension::kNone;
}

}  // namespace

ScopeMatch MatchScope(const Scope& scope, const Order& order) {
  ScopeMatch match{.failed = FailedOrder(scope, order), .lines = {}};
  if (match.failed != Dimension::kNone) return match;
  match.lines.reserve(order.lines.size());
  for (uint32_t i = 0; i < order.lines.size(); ++i) {
    const OrderLine& line = order.lines[i];
    if (LetsIn(scope.skus, line.sku) && LetsIn(scope.categories, line.categories)) match.lines.push_back(i);
  }
  if (match.lines.empty()) match.failed = Dimension::kLines;
  return match;
}

bool ExcludesLine(const Scope& scope, const OrderLine& line) {
  return Has(scope.skus.exclude, line.sku) || HasAny(scope.categories.exclude, line.categories);
}

}  // namespace tessera::core
