#include "api/convert_order.h"

#include <string>

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

core::Error Nonsense(const char* what) {
  return core::Error(core::Reason::kStoreNonsense, "a stored order cannot be read").Because(what);
}

bool IsAmount(int64_t value) { return value >= 0 && value <= core::kAmountMax; }

core::OrderLine ReadLine(const pb::OrderLine& stored) {
  core::OrderLine line;
  line.line_id = stored.line_id();
  line.sku = stored.sku();
  line.quantity = stored.quantity();
  line.unit_price_minor = stored.unit_price_minor();
  line.categories.assign(stored.categories().begin(), stored.categories().end());
  if (stored.has_unit_floor_minor()) line.unit_floor_minor = stored.unit_floor_minor();
  return line;
}

}  // namespace

pb::Order ToProto(const core::Order& order) {
  pb::Order out;
  out.set_order_id(order.order_id);
  if (order.currency != core::Currency()) out.set_currency_code(std::string(order.currency.code()));
  for (const core::OrderLine& line : order.lines) {
    pb::OrderLine* added = out.add_lines();
    added->set_line_id(line.line_id);
    added->set_sku(line.sku);
    added->set_quantity(line.quantity);
    added->set_unit_price_minor(line.unit_price_minor);
    for (const std::string& category : line.categories) added->add_categories(category);
    if (line.unit_floor_minor) added->set_unit_floor_minor(*line.unit_floor_minor);
  }
  out.set_shipping_minor(order.shipping_minor);
  out.set_merchant(order.merchant);
  out.set_store(order.store);
  out.set_channel(order.channel);
  out.set_payment_method(order.payment_method);
  for (const std::string& attribute : order.user_attributes) out.add_user_attributes(attribute);
  if (order.completed_orders) out.set_completed_orders(*order.completed_orders);
  return out;
}

core::Result<core::Order> ReadOrder(const pb::Order& stored) {
  core::Order order;
  order.order_id = stored.order_id();
  if (!stored.currency_code().empty()) {
    const auto currency = core::Currency::Parse(stored.currency_code(), "currency_code");
    if (!currency.ok()) return Nonsense("its currency");
    order.currency = *currency;
  }
  for (const pb::OrderLine& line : stored.lines()) {
    order.lines.push_back(ReadLine(line));
    const core::OrderLine& read = order.lines.back();
    if (!IsAmount(read.quantity) || !IsAmount(read.unit_price_minor) ||
        !IsAmount(read.unit_floor_minor.value_or(0))) {
      return Nonsense("a line");
    }
  }
  order.shipping_minor = stored.shipping_minor();
  const int64_t subtotal = order.SubtotalMinor();
  if (!IsAmount(order.shipping_minor) || !IsAmount(subtotal) || !IsAmount(subtotal + order.shipping_minor)) {
    return Nonsense("its sum");
  }
  order.merchant = stored.merchant();
  order.store = stored.store();
  order.channel = stored.channel();
  order.payment_method = stored.payment_method();
  order.user_attributes.assign(stored.user_attributes().begin(), stored.user_attributes().end());
  if (stored.has_completed_orders()) order.completed_orders = stored.completed_orders();
  return order;
}

}  // namespace tessera::api
