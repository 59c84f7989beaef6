#include "api/parse_order.h"

#include <string_view>
#include <unordered_map>

#include "api/field_checker.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace limits = core::limits;

core::OrderLine ParseLine(FieldChecker& check, const coupon::v1::OrderLine& line, const FieldPath& path) {
  core::OrderLine parsed;
  parsed.line_id = check.Name(path.Field("line_id"), line.line_id(), limits::kLineIdLengthMax);
  parsed.sku = check.Name(path.Field("sku"), line.sku(), limits::kSkuLengthMax);
  parsed.quantity = check.Number(path.Field("quantity"), line.quantity(), 1, limits::kQuantityMax);
  parsed.unit_price_minor = check.Number(path.Field("unit_price_minor"), line.unit_price_minor(), 0);
  return parsed;
}

}  // namespace

core::Result<core::Order> ParseOrder(const coupon::v1::Order& order, const FieldPath& path) {
  FieldChecker check;
  core::Order parsed;
  parsed.order_id = check.Name(path.Field("order_id"), order.order_id(), limits::kOrderIdLengthMax);
  parsed.currency =
      check.Take(core::Currency::Parse(order.currency_code(), path.Field("currency_code").ToString()));
  const FieldPath lines = path.Field("lines");
  const size_t count = static_cast<size_t>(order.lines_size());
  if (count == 0 || count > limits::kOrderLinesMax) {
    check.Fail(lines, "must have 1 to " + std::to_string(limits::kOrderLinesMax) + " entries");
  }
  std::unordered_map<std::string_view, int> seen;
  int64_t subtotal_minor = 0;
  for (int i = 0; check.ok() && i < order.lines_size(); ++i) {
    const FieldPath line_path = lines.At(i);
    parsed.lines.push_back(ParseLine(check, order.lines(i), line_path));
    const auto [first, is_new] = seen.try_emplace(order.lines(i).line_id(), i);
    if (!is_new) {
      check.Fail(line_path.Field("line_id"),
                 "must not repeat lines[" + std::to_string(first->second) + "].line_id");
    }
    int64_t line_minor = 0;
    if (check.ok() && (__builtin_mul_overflow(parsed.lines.back().quantity,
                                              parsed.lines.back().unit_price_minor, &line_minor) ||
                       __builtin_add_overflow(subtotal_minor, line_minor, &subtotal_minor) ||
                       subtotal_minor > core::kAmountMax)) {
      check.Fail(lines, "must add up to at most " + std::to_string(core::kAmountMax) + " minor units");
    }
  }
  return check.Answer(std::move(parsed));
}

}  // namespace tessera::api
