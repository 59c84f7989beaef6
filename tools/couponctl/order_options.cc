#include "tools/couponctl/order_options.h"

#include <charconv>

#include "tools/couponctl/failure.h"
#include "tools/couponctl/files.h"
#include "tools/couponctl/message_text.h"

namespace tessera::couponctl {

namespace pb = coupon::v1;

void AddOrderOptions(CLI::App& command, OrderOptions& options) {
  command.add_option("--user", options.user_id, "Who uses them; may be left out for one code");
  command.add_option("--coupon", options.coupon_ids, "A coupon by its id; may be repeated")->take_all();
  command.add_option("--code", options.codes, "A coupon by its code; may be repeated")->take_all();
  CLI::Option* file =
      command.add_option("--order", options.file, "YAML or JSON file with a coupon.v1.Order; - is stdin");
  command.add_option("--order-id", options.order_id, "The order's id")->excludes(file);
  command
      .add_option("--line", options.lines,
                  "A line SKU=PIECESxPRICE, the price in minor units: teapot=2x3900; may be repeated")
      ->take_all()
      ->excludes(file);
  command.add_option("--shipping", options.shipping_minor, "What the shipping costs, in minor units")
      ->excludes(file);
  command.add_option("--currency", options.currency_code, "The order's currency")
      ->excludes(file)
      ->capture_default_str();
}

std::pair<std::string, std::string> SplitPair(const std::string& option, const std::string& text) {
  const size_t at = text.rfind('=');
  if (at == std::string::npos || at == 0) throw Mistake(option + ": there is no NAME=... in " + text);
  return {text.substr(0, at), text.substr(at + 1)};
}

int64_t ReadNumber(const std::string& option, const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Mistake(option + ": not a whole number: \"" + text + "\"");
  }
  return number;
}

pb::Order OrderOf(const OrderOptions& options) {
  if (!options.file.empty()) {
    const std::vector<pb::Order> orders = ReadYaml<pb::Order>(ReadFile(options.file), options.file);
    if (orders.size() > 1) throw Mistake(options.file + ": there is more than one order in it");
    return orders.front();
  }
  if (options.order_id.empty()) throw Mistake("--order-id or --order is needed: which order is it?");
  if (options.lines.empty()) throw Mistake("--line or --order is needed: what is the order?");
  pb::Order order;
  order.set_order_id(options.order_id);
  order.set_currency_code(options.currency_code);
  order.set_shipping_minor(options.shipping_minor);
  for (const std::string& text : options.lines) {
    const auto [sku, amounts] = SplitPair("--line", text);
    const size_t times = amounts.find('x');
    if (times == std::string::npos) throw Mistake("--line: there is no PIECESxPRICE in " + text);
    pb::OrderLine& line = *order.add_lines();
    line.set_line_id(std::to_string(order.lines_size()));
    line.set_sku(sku);
    line.set_quantity(ReadNumber("--line", amounts.substr(0, times)));
    line.set_unit_price_minor(ReadNumber("--line", amounts.substr(times + 1)));
  }
  return order;
}

}  // namespace tessera::couponctl
