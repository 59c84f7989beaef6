#include "core/pricing.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

namespace tessera::core {
namespace {

Currency CurrencyOf(std::string_view code) { return *Currency::Parse(code, "currency"); }

CampaignDefinition DefinitionOf(std::variant<PercentOff, AmountOff> benefit,
                                std::optional<int64_t> minimum = std::nullopt,
                                std::string_view currency = "EUR") {
  CampaignDefinition definition;
  definition.currency = CurrencyOf(currency);
  definition.terms = {.benefit = benefit, .minimum_spend_minor = minimum};
  return definition;
}

Order OrderWorth(int64_t subtotal_minor, std::string_view currency = "EUR") {
  Order order{.order_id = "o-1", .currency = CurrencyOf(currency), .lines = {}};
  order.lines.push_back({.line_id = "1", .sku = "a", .quantity = 1, .unit_price_minor = subtotal_minor});
  return order;
}

struct PercentRow {
  int32_t basis_points;
  std::optional<int64_t> cap_minor;
  int64_t subtotal_minor;
  int64_t discount_minor;
};

TEST(PricingTest, GoldenPercent) {
  constexpr std::optional<int64_t> kNoCap;
  const PercentRow rows[] = {
      {1'000, kNoCap, 10'000, 1'000},  // 10 % of 100.00
      {1'000, kNoCap, 9'999, 1'000},   // 999.9
      {1'000, kNoCap, 9'994, 999},     // 999.4
      {1'000, kNoCap, 9'995, 1'000},   // 999.5 goes up
      {1'250, kNoCap, 1'999, 250},     // 249.875
      {1, kNoCap, 5'000, 1},           // 0.5 goes up
      {3'333, kNoCap, 100, 33},        // 33.33
      {10'000, kNoCap, 1, 1},          // everything
      {10'000, kNoCap, kAmountMax, kAmountMax},
      {5'000, kNoCap, kAmountMax, int64_t{1} << 52},
      {2'000, 500, 2'499, 500},      // 499.8 -> 500, the cap itself
      {2'000, 500, 2'500, 500},      // exactly the cap
      {2'000, 500, 1'000'000, 500},  // far over the cap
      {2'000, 500, 2'490, 498},      // under the cap
      {10'000, 1, 1'000'000, 1},
  };
  for (const PercentRow& row : rows) {
    const auto discount =
        Evaluate(DefinitionOf(PercentOff{.basis_points = row.basis_points, .cap_minor = row.cap_minor}),
                 OrderWorth(row.subtotal_minor));
    ASSERT_TRUE(discount.ok()) << row.basis_points << " of " << row.subtotal_minor;
    EXPECT_EQ(discount->discount_minor, row.discount_minor)
        << row.basis_points << " of " << row.subtotal_minor;
    EXPECT_EQ(discount->subtotal_minor, row.subtotal_minor);
  }
}

TEST(PricingTest, GoldenAmount) {
  struct Row {
    int64_t amount, subtotal, discount;
  };
  for (const Row& row :
       {Row{500, 2'000, 500}, Row{500, 500, 500}, Row{500, 499, 499}, Row{500, 1, 1}, Row{1, 1'000'000, 1},
        Row{kAmountMax, kAmountMax, kAmountMax}, Row{kAmountMax, 7, 7}}) {
    const auto discount =
        Evaluate(DefinitionOf(AmountOff{.amount_minor = row.amount}), OrderWorth(row.subtotal));
    ASSERT_TRUE(discount.ok());
    EXPECT_EQ(*discount, (Discount{.subtotal_minor = row.subtotal, .discount_minor = row.discount}));
  }
}

TEST(PricingTest, EveryExponentIsCountedInMinorUnits) {
  for (const std::string_view code : {"JPY", "EUR", "KWD", "CLF"}) {
    const auto discount = Evaluate(DefinitionOf(PercentOff{.basis_points = 1'500}, std::nullopt, code),
                                   OrderWorth(1'005, code));
    ASSERT_TRUE(discount.ok());
    EXPECT_EQ(discount->discount_minor, 151) << code;  // 150.75
  }
}

TEST(PricingTest, ManyLinesCountTogether) {
  // Rounded once on the sum: three lines of 0.33 at 50 % are 0.495 -> 0.50, not three times 0.17.
  Order order = OrderWorth(33);
  order.lines.push_back(order.lines[0]);
  order.lines.push_back(order.lines[0]);
  const auto discount = Evaluate(DefinitionOf(PercentOff{.basis_points = 5'000}), order);
  ASSERT_TRUE(discount.ok());
  EXPECT_EQ(*discount, (Discount{.subtotal_minor = 99, .discount_minor = 50}));
}

TEST(PricingTest, MinimumSpendIsOnTheSubtotalAndInclusive) {
  for (const auto& benefit : {std::variant<PercentOff, AmountOff>(PercentOff{.basis_points = 1'000}),
                              std::variant<PercentOff, AmountOff>(AmountOff{.amount_minor = 500})}) {
    const CampaignDefinition definition = DefinitionOf(benefit, 5'000);
    EXPECT_TRUE(Evaluate(definition, OrderWorth(5'000)).ok());
    EXPECT_TRUE(Evaluate(definition, OrderWorth(5'001)).ok());
    const auto refused = Evaluate(definition, OrderWorth(4'999));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().reason, Reason::kMinimumSpendNotMet);
    EXPECT_EQ(refused.error().metadata.at(0), (std::pair<std::string, std::string>{"missing_minor", "1"}));
  }
}

TEST(PricingTest, RefusesAnotherCurrency) {
  const auto refused = Evaluate(DefinitionOf(AmountOff{.amount_minor = 500}), OrderWorth(10'000, "USD"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, Reason::kCurrencyMismatch);
}

TEST(PricingTest, RefusesWhatTakesNothingOff) {
  EXPECT_EQ(Evaluate(DefinitionOf(PercentOff{.basis_points = 1}), OrderWorth(4'999)).error().reason,
            Reason::kNotApplicable);
  EXPECT_EQ(Evaluate(DefinitionOf(PercentOff{.basis_points = 10'000}), OrderWorth(0)).error().reason,
            Reason::kNotApplicable);
  EXPECT_EQ(Evaluate(DefinitionOf(AmountOff{.amount_minor = 500}), OrderWorth(0)).error().reason,
            Reason::kNotApplicable);
}

TEST(PricingTest, DiscountIsAlwaysWithinTheSubtotalAndTheCap) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 100'000; ++i) {
    const PercentOff percent{.basis_points = static_cast<int32_t>(1 + random() % 10'000),
                             .cap_minor = static_cast<int64_t>(1 + random() % 100'000)};
    const int64_t subtotal =
        static_cast<int64_t>(random() % (random() % 2 != 0 ? 1'000 : static_cast<uint64_t>(kAmountMax)));
    const auto discount = Evaluate(DefinitionOf(percent), OrderWorth(subtotal));
    if (!discount.ok()) {
      ASSERT_EQ(discount.error().reason, Reason::kNotApplicable);
      ASSERT_LT(subtotal, 5'000);
      continue;
    }
    ASSERT_GT(discount->discount_minor, 0);
    ASSERT_LE(discount->discount_minor, subtotal);
    ASSERT_LE(discount->discount_minor, *percent.cap_minor);
  }
}

}  // namespace
}  // namespace tessera::core
