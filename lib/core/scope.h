#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::core {

struct Order;
struct OrderLine;

// What is let in and what is kept out along one dimension. An empty `include` lets everything in; `exclude`
// wins over `include`.
struct Selection {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  bool operator==(const Selection&) const = default;
};

// How many orders the user must have completed before this one, both ends included: 0 to 0 is "on the first
// order", n - 1 to n - 1 "on the nth". With neither end nothing is asked.
struct OrderCount {
  std::optional<int64_t> completed_min;
  std::optional<int64_t> completed_max;
  bool operator==(const OrderCount&) const = default;
};

// Where a coupon counts. `skus` and `categories` choose lines: a line is in when both let it in, and a line
// of several categories is let in by any of them that is included unless one of them is excluded. The others
// choose whole orders. A user attribute is written "name=value", and an order has as many as it has.
struct Scope {
  Selection skus;
  Selection categories;
  Selection merchants;
  Selection stores;
  Selection channels;
  Selection payment_methods;
  Selection user_attributes;
  OrderCount order_count;
  bool operator==(const Scope&) const = default;
};

// The first dimension, in this order, along which nothing of an order was let in.
enum class Dimension : uint8_t {
  kNone,
  kMerchant,
  kStore,
  kChannel,
  kPaymentMethod,
  kUserAttribute,
  kOrderCount,  // also when the order does not say how many came before it
  kLines
};

struct ScopeMatch {
  Dimension failed = Dimension::kNone;
  std::vector<uint32_t> lines;  // places of the lines that are in, ascending; empty when `failed` is set
};

// What of `order` is in `scope`. An order without a store is in no list of stores, and out of none: `include`
// keeps it out, `exclude` does not; so with every other list. An order that does not say how many orders came
// before it is never taken for the first: where the scope asks, it is out.
ScopeMatch MatchScope(const Scope& scope, const Order& order);

// Whether `scope` keeps this line out by name: its SKU or one of its categories is excluded. Such a line is
// never lowered, not even by an offer that names its SKU itself.
bool ExcludesLine(const Scope& scope, const OrderLine& line);

}  // namespace tessera::core
