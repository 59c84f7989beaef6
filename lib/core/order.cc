#include "core/order.h"

#include <limits>

namespace tessera::core {

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

}  // namespace tessera::core
