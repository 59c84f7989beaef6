#include "api/parse_order.h"
#include "core/order_limits.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

TEST(Order, MeansInTheCoreWhatItSays) {
  pb::Order order = GoodOrder();
  order.mutable_lines(1)->add_categories("shoes");
  order.mutable_lines(1)->add_categories("sale");
  order.mutable_lines(1)->set_unit_floor_minor(0);
  order.set_shipping_minor(490);
  order.set_merchant("m1");
  order.set_store("s1");
  order.set_channel("app");
  order.set_payment_method("card");
  order.add_user_attributes("tier=gold");
  order.set_completed_orders(0);
  const auto parsed = ParseOrder(order, "order");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->order_id, "order-1");
  EXPECT_EQ(parsed->currency.code(), "EUR");
  ASSERT_EQ(parsed->lines.size(), 3U);
  EXPECT_EQ(parsed->lines[1].line_id, "line-1");
  EXPECT_EQ(parsed->lines[1].sku, "sku-1");
  EXPECT_EQ(parsed->lines[1].quantity, 2);
  EXPECT_EQ(parsed->lines[1].unit_price_minor, 1'000);
  EXPECT_EQ(parsed->lines[1].categories, (std::vector<std::string>{"shoes", "sale"}));
  EXPECT_EQ(parsed->lines[1].unit_floor_minor, 0);
  EXPECT_FALSE(parsed->lines[0].unit_floor_minor.has_value());
  EXPECT_EQ(parsed->shipping_minor, 490);
  EXPECT_EQ(parsed->merchant, "m1");
  EXPECT_EQ(parsed->store, "s1");
  EXPECT_EQ(parsed->channel, "app");
  EXPECT_EQ(parsed->payment_method, "card");
  EXPECT_EQ(parsed->user_attributes, std::vector<std::string>{"tier=gold"});
  EXPECT_EQ(parsed->completed_orders, 0);
}

// A first-order coupon must not be had by leaving the number out.
TEST(Order, ThatDoesNotSayHowManyCameBeforeIsNotTheFirst) {
  const auto parsed = ParseOrder(GoodOrder(), "order");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_FALSE(parsed->completed_orders.has_value());
}

TEST(Order, TakesWhatIsAtTheLimits) {
  pb::Order order = GoodOrder();
  for (size_t i = 0; i < core::limits::kCategoriesPerLineMax; ++i) {
    order.mutable_lines(0)->add_categories(std::string(core::limits::kNameLengthMax, 'c'));
  }
  for (size_t i = 0; i < core::limits::kUserAttributesMax; ++i) order.add_user_attributes("a=");
  order.set_merchant(std::string(core::limits::kNameLengthMax, 'm'));
  order.set_completed_orders(core::limits::kCompletedOrdersMax);
  order.set_shipping_minor(core::kAmountMax - 6'000);
  const auto parsed = ParseOrder(order, "order");
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
}

}  // namespace
}  // namespace tessera::api
