#include "core/order.h"

#include <limits>

#include "core/limits.h"
#include "core/order_limits.h"

namespace tessera::core {
namespace {

// INVALID_FIELD unless `low` <= value <= `high`.
Status CheckRange(int64_t value, int64_t low, int64_t high, const std::string& path) {
  if (value >= low && value <= high) return Ok();
  return InvalidField(path, "must be " + std::to_string(low) + " to " + std::to_string(high));
}

Status CheckName(const std::string& name, const std::string& path) {
  if (name.size() <= limits::kNameLengthMax) return Ok();
  return InvalidField(path, "must have at most " + std::to_string(limits::kNameLengthMax) + " bytes");
}

Status CheckNames(const std::vector<std::string>& names, size_t count_max, const std::string& path) {
  if (names.size() > count_max) {
    return InvalidField(path, "must have at most " + std::to_string(count_max) + " entries");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (Status status = CheckName(names[i], path + "[" + std::to_string(i) + "]"); !status.ok())
      return status;
  }
  return Ok();
}

Status CheckLine(const OrderLine& line, const std::string& path) {
  if (line.sku.empty() || line.sku.size() > limits::kSkuLengthMax) {
    return InvalidField(path + ".sku", "must have 1 to " + std::to_string(limits::kSkuLengthMax) + " bytes");
  }
  if (Status status = CheckRange(line.quantity, 1, limits::kQuantityMax, path + ".quantity"); !status.ok()) {
    return status;
  }
  if (Status status = CheckRange(line.unit_price_minor, 0, kAmountMax, path + ".unit_price_minor");
      !status.ok()) {
    return status;
  }
  if (Status status =
          CheckRange(line.unit_floor_minor.value_or(0), 0, kAmountMax, path + ".unit_floor_minor");
      !status.ok()) {
    return status;
  }
  return CheckNames(line.categories, limits::kCategoriesPerLineMax, path + ".categories");
}

}  // namespace

int64_t Order::SubtotalMinor() const {
  int64_t subtotal = 0;
  for (const OrderLine& line : lines) {
    int64_t line_total = 0;
    if (__builtin_mul_overflow(line.quantity, line.unit_price_minor, &line_total) ||
        __builtin_add_overflow(subtotal, line_total, &subtotal)) {
      return std::numeric_limits<int64_t>::max();
    }
  }
  return subtotal;
}

Status CheckOrder(const Order& order, const std::string& path) {
  if (order.lines.empty() || order.lines.size() > limits::kOrderLinesMax) {
    return InvalidField(path + ".lines",
                        "must have 1 to " + std::to_string(limits::kOrderLinesMax) + " entries");
  }
  int64_t total = order.shipping_minor;
  if (Status status = CheckRange(total, 0, kAmountMax, path + ".shipping_minor"); !status.ok()) return status;
  for (size_t i = 0; i < order.lines.size(); ++i) {
    const OrderLine& line = order.lines[i];
    const std::string line_path = path + ".lines[" + std::to_string(i) + "]";
    if (Status status = CheckLine(line, line_path); !status.ok()) return status;
    int64_t line_total = 0;
    if (__builtin_mul_overflow(line.quantity, line.unit_price_minor, &line_total) ||
        __builtin_add_overflow(total, line_total, &total) || total > kAmountMax) {
      return InvalidField(line_path, "must not take the order beyond " + std::to_string(kAmountMax));
    }
  }
  const std::pair<const std::string&, const char*> names[] = {{order.merchant, ".merchant"},
                                                              {order.store, ".store"},
                                                              {order.channel, ".channel"},
                                                              {order.payment_method, ".payment_method"}};
  for (const auto& [name, field] : names) {
    if (Status status = CheckName(name, path + field); !status.ok()) return status;
  }
  if (Status status = CheckRange(order.completed_orders.value_or(0), 0, limits::kCompletedOrdersMax,
                                 path + ".completed_orders");
      !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < order.user_attributes.size(); ++i) {
    if (order.user_attributes[i].find('=') != std::string::npos) continue;
    return InvalidField(path + ".user_attributes[" + std::to_string(i) + "]", "must be name=value");
  }
  return CheckNames(order.user_attributes, limits::kUserAttributesMax, path + ".user_attributes");
}

}  // namespace tessera::core
