#include "core/discount.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::core {
namespace {

Currency Euro() { return *Currency::Parse("EUR", "currency"); }

CampaignDefinition DefinitionOf(Benefit benefit) {
  CampaignDefinition definition;
  definition.offer = {.currency = Euro(), .benefit = std::move(benefit)};
  return definition;
}

Order OrderWorth(int64_t subtotal_minor) {
  Order order{.order_id = "o-1", .currency = Euro()};
  order.lines = {{.line_id = "1", .sku = "a", .quantity = 1, .unit_price_minor = subtotal_minor}};
  return order;
}

TEST(DiscountTest, IsWhatTheCouponTakesOffAlone) {
  const auto share = Evaluate(DefinitionOf(PercentOff{.basis_points = 1'000}), OrderWorth(9'995));
  ASSERT_TRUE(share.ok());
  EXPECT_EQ(*share, (Discount{.subtotal_minor = 9'995, .discount_minor = 1'000}));
  Order shipped = OrderWorth(300);
  shipped.shipping_minor = 490;
  const auto free = Evaluate(DefinitionOf(FreeShipping{}), shipped);
  ASSERT_TRUE(free.ok());
  EXPECT_EQ(*free, (Discount{.subtotal_minor = 300, .discount_minor = 490}));
}

TEST(DiscountTest, RefusesWithTheReasonsOfTheContract) {
  CampaignDefinition definition = DefinitionOf(AmountOff{.amount_minor = 500});
  definition.offer.minimum_spend_minor = 5'000;
  EXPECT_TRUE(Evaluate(definition, OrderWorth(5'000)).ok());
  const auto small = Evaluate(definition, OrderWorth(4'999));
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error().reason, Reason::kMinimumSpendNotMet);
  EXPECT_EQ(small.error().metadata.at(0), (std::pair<std::string, std::string>{"missing_minor", "1"}));

  Order dollars = OrderWorth(10'000);
  dollars.currency = *Currency::Parse("USD", "currency");
  EXPECT_EQ(Evaluate(definition, dollars).error().reason, Reason::kCurrencyMismatch);

  definition.offer.scope.stores.include = {"s1"};
  EXPECT_EQ(Evaluate(definition, OrderWorth(5'000)).error().reason, Reason::kNotApplicable);
  EXPECT_EQ(Evaluate(DefinitionOf(PercentOff{.basis_points = 1}), OrderWorth(4'999)).error().reason,
            Reason::kNotApplicable);
}

}  // namespace
}  // namespace tessera::core
