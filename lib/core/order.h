#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/money.h"

namespace tessera::core {

struct OrderLine {
  std::string line_id;
  std::string sku;
  int64_t quantity = 1;
  int64_t unit_price_minor = 0;
};

// What is being bought. REQUIRES (checked by api): 1 to 500 lines, sums within kAmountMax.
struct Order {
  std::string order_id;
  Currency currency;
  std::vector<OrderLine> lines;

  // Sum of quantity times unit price; INT64_MAX when that does not fit, so that a caller can compare with
  // kAmountMax.
  int64_t SubtotalMinor() const;
};

}  // namespace tessera::core
