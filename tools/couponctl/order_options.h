#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "coupon/v1/coupon.pb.h"
#include "coupon/v1/order.pb.h"

namespace tessera::couponctl {

// An order, from a file or from a few options, and the coupons for it.
struct OrderOptions {
  std::string file;
  std::string order_id;
  std::string currency_code = "EUR";
  std::vector<std::string> lines;
  int64_t shipping_minor = 0;
  std::string user_id;
  std::vector<std::string> coupon_ids;
  std::vector<std::string> codes;
};

// `options` must outlive the command.
void AddOrderOptions(CLI::App& command, OrderOptions& options);

// Throw Mistake where the options don't say an order, or a coupon.
coupon::v1::Order OrderOf(const OrderOptions& options);

// Fills the fields that the requests of all uses have: user, coupons, order.
template <class Request>
void Fill(const OrderOptions& options, Request* request) {
  request->set_user_id(options.user_id);
  for (const std::string& id : options.coupon_ids) request->add_coupons()->set_coupon_id(id);
  for (const std::string& code : options.codes) request->add_coupons()->set_code(code);
  *request->mutable_order() = OrderOf(options);
}

// "teapot=2" gives the word before the last "=" and the rest. Throws Mistake, naming `option`, where there is
// none.
std::pair<std::string, std::string> SplitPair(const std::string& option, const std::string& text);

// Throws Mistake, naming `option`, unless the text is a whole number.
int64_t ReadNumber(const std::string& option, const std::string& text);

}  // namespace tessera::couponctl
