#include "api/parse_order.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "api/field_checker.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace limits = core::limits;

// One line more than there may be is enough for CheckOrder to refuse them, and nobody's megabytes are read.
constexpr int kLinesRead = static_cast<int>(limits::kOrderLinesMax) + 1;

core::OrderLine ParseLine(FieldChecker& check, const coupon::v1::OrderLine& line, const FieldPath& path) {
  core::OrderLine parsed;
  parsed.line_id = check.Name(path.Field("line_id"), line.line_id(), limits::kLineIdLengthMax);
  check.Printable(path.Field("sku"), line.sku());
  parsed.sku = line.sku();
  parsed.quantity = line.quantity();
  parsed.unit_price_minor = line.unit_price_minor();
  check.PrintableAll(path.Field("categories"), line.categories());
  parsed.categories.assign(line.categories().begin(), line.categories().end());
  if (line.has_unit_floor_minor()) parsed.unit_floor_minor = line.unit_floor_minor();
  return parsed;
}

std::vector<core::OrderLine> ParseLines(FieldChecker& check, const coupon::v1::Order& order,
                                        const FieldPath& path) {
  std::vector<core::OrderLine> parsed;
  std::unordered_map<std::string_view, int> seen;
  for (int i = 0; check.ok() && i < std::min(order.lines_size(), kLinesRead); ++i) {
    const FieldPath line_path = path.At(i);
    parsed.push_back(ParseLine(check, order.lines(i), line_path));
    const auto [first, is_new] = seen.try_emplace(order.lines(i).line_id(), i);
    if (!is_new) {
      check.Fail(line_path.Field("line_id"),
                 "must not repeat lines[" + std::to_string(first->second) + "].line_id");
    }
  }
  return parsed;
}

// What an order may leave out.
std::string OptionalName(FieldChecker& check, const FieldPath& path, const std::string& name) {
  if (!name.empty()) check.Printable(path, name);
  return name;
}

}  // namespace

core::Result<core::Order> ParseOrder(const coupon::v1::Order& order, const FieldPath& path) {
  FieldChecker check;
  core::Order parsed;
  parsed.order_id = check.Name(path.Field("order_id"), order.order_id(), limits::kOrderIdLengthMax);
  parsed.currency =
      check.Take(core::Currency::Parse(order.currency_code(), path.Field("currency_code").ToString()));
  parsed.lines = ParseLines(check, order, path.Field("lines"));
  parsed.shipping_minor = order.shipping_minor();
  parsed.merchant = OptionalName(check, path.Field("merchant"), order.merchant());
  parsed.store = OptionalName(check, path.Field("store"), order.store());
  parsed.channel = OptionalName(check, path.Field("channel"), order.channel());
  parsed.payment_method = OptionalName(check, path.Field("payment_method"), order.payment_method());
  check.PrintableAll(path.Field("user_attributes"), order.user_attributes());
  parsed.user_attributes.assign(order.user_attributes().begin(), order.user_attributes().end());
  if (order.has_completed_orders()) parsed.completed_orders = order.completed_orders();
  if (check.ok()) check.Take(core::CheckOrder(parsed, path.ToString()));
  return check.Answer(std::move(parsed));
}

}  // namespace tessera::api
