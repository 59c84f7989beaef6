#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/money.h"

namespace tessera::core {

struct OrderLine {
  std::string line_id;
  std::string sku;
  int64_t quantity = 1;
  int64_t unit_price_minor = 0;
  std::vector<std::string> categories;
  // The least that a unit may cost after all discounts; no coupon takes a unit below it. A line that is
  // priced below its floor already is left as it is.
  std::optional<int64_t> unit_floor_minor;
  bool operator==(const OrderLine&) const = default;
};

// What is being bought, where, and how it is to be paid. What does not apply is left empty. REQUIRES (see
// CheckOrder): 1 to 500 lines, sums within kAmountMax.
struct Order {
  std::string order_id;
  Currency currency;
  std::vector<OrderLine> lines;
  int64_t shipping_minor = 0;
  std::string merchant;
  std::string store;
  std::string channel;
  std::string payment_method;
  std::vector<std::string> user_attributes;  // "name=value"
  // How many orders this user completed before; absent: the caller does not know.
  std::optional<int64_t> completed_orders;
  InstantMs instant_ms = 0;  // when it is bought: weekly windows are judged by it

  // Sum of quantity times unit price; INT64_MAX when that does not fit, so that a caller can compare with
  // kAmountMax.
  int64_t SubtotalMinor() const;
  bool operator==(const Order&) const = default;
};

// INVALID_FIELD at the first field, such as "order.lines[2].quantity", that is negative, too large, too long
// or too many, or that takes the sum of lines and shipping beyond kAmountMax. Currencies are not mixed here,
// since an order has one: whoever reads money that names its currency refuses another one.
Status CheckOrder(const Order& order, const std::string& path);

}  // namespace tessera::core
