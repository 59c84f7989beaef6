#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/stacking.h"

// Runs golden_orders.yaml, which is the specification.
namespace tessera::core {
namespace {

constexpr const char* kFile = "tests/unit/core/golden_orders.yaml";

std::vector<std::string> Names(const YAML::Node& node) {
  return node ? node.as<std::vector<std::string>>() : std::vector<std::string>();
}

template <class T>
T Or(const YAML::Node& node, T absent) {
  return node ? node.as<T>() : absent;
}

std::optional<int64_t> Maybe(const YAML::Node& node) {
  return node ? std::optional<int64_t>(node.as<int64_t>()) : std::nullopt;
}

Order OrderOf(const YAML::Node& test) {
  Order order{.order_id = "o", .currency = *Currency::Parse(test["currency"].as<std::string>(), "currency")};
  for (const YAML::Node& line : test["lines"]) {
    order.lines.push_back({.line_id = std::to_string(order.lines.size()),
                           .sku = line[0].as<std::string>(),
                           .quantity = line[1].as<int64_t>(),
                           .unit_price_minor = line[2].as<int64_t>()});
    if (line.size() > 3) {
      order.lines.back().categories = Names(line[3]["in"]);
      order.lines.back().unit_floor_minor = Maybe(line[3]["floor"]);
    }
  }
  const YAML::Node more = test["order"] ? test["order"] : YAML::Node(YAML::NodeType::Map);
  order.shipping_minor = Or<int64_t>(more["shipping"], 0);
  order.merchant = Or<std::string>(more["merchant"], "");
  order.store = Or<std::string>(more["store"], "");
  order.channel = Or<std::string>(more["channel"], "");
  order.payment_method = Or<std::string>(more["payment_method"], "");
  order.user_attributes = Names(more["user_attributes"]);
  order.completed_orders = Maybe(more["completed_orders"]);
  return order;
}

Benefit BenefitOf(const YAML::Node& coupon) {
  if (coupon["percent"]) {
    return PercentOff{.basis_points = coupon["percent"].as<int32_t>(), .cap_minor = Maybe(coupon["cap"])};
  }
  if (coupon["amount"]) return AmountOff{.amount_minor = coupon["amount"].as<int64_t>()};
  if (const YAML::Node steps = coupon["steps"]) {
    ThresholdOff threshold;
    for (const YAML::Node& step : steps) {
      threshold.steps.push_back(
          {.at_least_minor = step[0].as<int64_t>(), .off_minor = step[1].as<int64_t>()});
    }
    return threshold;
  }
  if (const YAML::Node shipping = coupon["free_shipping"]) {
    if (shipping.as<std::string>() == "all") return FreeShipping{};
    return FreeShipping{.cap_minor = shipping.as<int64_t>()};
  }
  if (const YAML::Node exchange = coupon["exchange"]) {
    return Exchange{.sku = exchange[0].as<std::string>(),
                    .price_minor = exchange[1].as<int64_t>(),
                    .quantity_max = Or<int64_t>(exchange[2], 1)};
  }
  if (const YAML::Node gift = coupon["gift"]) {
    return Gift{.sku = gift[0].as<std::string>(), .quantity = gift[1].as<int64_t>()};
  }
  if (coupon["cut_to"]) {
    return CutTo{.price_minor = coupon["cut_to"].as<int64_t>(),
                 .unit_price_max_minor = Maybe(coupon["unit_price_max"]),
                 .quantity_max = Maybe(coupon["quantity_max"])};
  }
  return BuyGet{.buy = coupon["buy"].as<int64_t>(),
                .get = coupon["get"].as<int64_t>(),
                .basis_points = Or<int32_t>(coupon["share"], 10'000),
                .times_max = Maybe(coupon["times_max"]),
                .get_sku = Or<std::string>(coupon["get_sku"], "")};
}

Offer OfferOf(const YAML::Node& coupon, const std::string& currency) {
  Offer offer{.currency = *Currency::Parse(Or(coupon["currency"], currency), "currency"),
              .benefit = BenefitOf(coupon)};
  offer.minimum_spend_minor = Maybe(coupon["minimum"]);
  if (coupon["floor_share"]) offer.floor_basis_points = coupon["floor_share"].as<int32_t>();
  const std::pair<const char*, Selection*> selections[] = {{"skus", &offer.scope.skus},
                                                           {"categories", &offer.scope.categories},
                                                           {"merchants", &offer.scope.merchants},
                                                           {"stores", &offer.scope.stores},
                                                           {"channels", &offer.scope.channels},
                                                           {"payment_methods", &offer.scope.payment_methods},
                                                           {"user_attributes", &offer.scope.user_attributes}};
  for (const auto& [name, selection] : selections) {
    selection->include = Names(coupon[name]);
    selection->exclude = Names(coupon[std::string("not_") + name]);
  }
  if (const YAML::Node completed = coupon["completed"]) {
    offer.scope.order_count = {.completed_min = completed[0].as<int64_t>(),
                               .completed_max = Maybe(completed[1])};
  }
  StackingRule& stacking = offer.stacking;
  stacking.exclusive = Or(coupon["exclusive"], false);
  stacking.priority = Or(coupon["priority"], 0);
  if (Or<std::string>(coupon["base"], "") == "initial") stacking.base = PriceBase::kInitial;
  if (Or<std::string>(coupon["threshold"], "") == "after") {
    stacking.threshold_basis = ThresholdBasis::kAfterDiscounts;
  }
  if (const YAML::Node groups = coupon["groups"]) {
    for (const auto& group : groups) {
      stacking.groups.push_back(
          {.group = group.first.as<std::string>(), .at_most = group.second.as<int32_t>()});
    }
  }
  return offer;
}

std::string DimensionName(Dimension dimension) {
  const char* const names[] = {"NONE",           "MERCHANT",       "STORE",       "CHANNEL",
                               "PAYMENT_METHOD", "USER_ATTRIBUTE", "ORDER_COUNT", "LINES"};
  return names[static_cast<size_t>(dimension)];
}

// A refusal as the file writes it: the reason, then the facts that it has.
std::string TextOf(const Refusal& refusal) {
  std::ostringstream text;
  text << WhyNotName(refusal.why);
  if (refusal.dimension != Dimension::kNone) text << " " << DimensionName(refusal.dimension);
  if (!refusal.sku.empty()) text << " " << refusal.sku;
  if (refusal.missing_minor != 0) text << " missing " << refusal.missing_minor;
  if (refusal.missing_units != 0) text << " units " << refusal.missing_units;
  if (refusal.other) text << " other " << refusal.other->campaign_id;
  if (!refusal.group.empty()) text << " group " << refusal.group;
  if (refusal.at_most != 0) text << " at_most " << refusal.at_most;
  if (!refusal.lines.empty()) text << " lines";
  for (const uint32_t line : refusal.lines) text << " " << line;
  return text.str();
}

void ExpectPriced(const YAML::Node& test, const Order& order, const PricedStack& stack) {
  EXPECT_EQ(stack.applied.size(), test["off"].size());
  for (const AppliedCoupon& applied : stack.applied) {
    const std::string& id = applied.key.campaign_id;
    ASSERT_TRUE(test["off"][id]) << id << " was applied";
    std::vector<int64_t> lines(order.lines.size());
    for (const LineShare& share : applied.lines) lines[share.line] = share.minor;
    EXPECT_EQ(lines, test["off"][id].as<std::vector<int64_t>>()) << id;
    const YAML::Node shipping = test["shipping_off"] ? test["shipping_off"][id] : YAML::Node();
    EXPECT_EQ(applied.shipping_minor, shipping.IsDefined() && !shipping.IsNull() ? shipping.as<int64_t>() : 0)
        << id;
    const bool gift = test["gifts"] && test["gifts"][id];
    ASSERT_EQ(applied.added.has_value(), gift) << id;
    if (gift) {
      EXPECT_EQ(applied.added->sku, test["gifts"][id][0].as<std::string>()) << id;
      EXPECT_EQ(applied.added->quantity, test["gifts"][id][1].as<int64_t>()) << id;
    }
  }
  EXPECT_EQ(stack.payable_minor, test["pay"].as<int64_t>());
  EXPECT_EQ(stack.payable_minor, stack.subtotal_minor + stack.shipping_minor - stack.discount_minor);
}

TEST(GoldenOrdersTest, EveryOrderGetsWhatWasWorkedOutByHand) {
  const YAML::Node tests = YAML::LoadFile(kFile);
  std::map<int, int> by_exponent;
  std::map<size_t, int> by_type;
  for (const YAML::Node& test : tests) {
    SCOPED_TRACE(test["name"].as<std::string>());
    EXPECT_FALSE(test["how"].as<std::string>().empty());
    const Order order = OrderOf(test);
    ASSERT_TRUE(CheckOrder(order, "order").ok());
    ++by_exponent[order.currency.exponent()];
    std::map<std::string, Offer> offers;
    for (const auto& coupon : test["coupons"]) {
      offers[coupon.first.as<std::string>()] = OfferOf(coupon.second, test["currency"].as<std::string>());
    }
    std::vector<ListedCoupon> coupons;
    for (const auto& [id, offer] : offers) {
      const Status accepted = CheckOffer(offer, "offer");
      ASSERT_TRUE(accepted.ok()) << accepted.error().message;
      ++by_type[offer.benefit.index()];
      coupons.insert(coupons.begin(), {.key = {.campaign_id = id, .name = CouponNumber{7}}, .offer = &offer});
    }
    const auto priced = PriceStack(order, coupons);
    if (const auto* refused = std::get_if<RefusedCoupons>(&priced)) {
      ASSERT_TRUE(test["refused"]) << refused->front().key.campaign_id << ": "
                                   << TextOf(refused->front().refusal);
      EXPECT_EQ(refused->size(), test["refused"].size());
      for (const RefusedCoupon& one : *refused) {
        EXPECT_EQ(TextOf(one.refusal), Or<std::string>(test["refused"][one.key.campaign_id], "not refused"))
            << one.key.campaign_id;
      }
      continue;
    }
    ASSERT_FALSE(test["refused"]) << "nothing was refused";
    ExpectPriced(test, order, std::get<PricedStack>(priced));
  }
  EXPECT_GE(tests.size(), 60U);
  EXPECT_EQ(by_type.size(), std::variant_size_v<Benefit>) << "a type of coupon has no case";
  for (const int exponent : {0, 2, 3}) EXPECT_GE(by_exponent[exponent], 5) << "decimals: " << exponent;
}

}  // namespace
}  // namespace tessera::core
