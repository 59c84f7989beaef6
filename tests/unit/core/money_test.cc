#include "core/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "core/order.h"

namespace tessera::core {
namespace {

int ExponentOf(std::string_view code) {
  const auto currency = Currency::Parse(code, "currency");
  EXPECT_TRUE(currency.ok()) << code;
  return currency.ok() ? currency->exponent() : -1;
}

TEST(CurrencyTest, ExponentsAreThoseOfIso4217) {
  for (const char* code : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                           "VND", "VUV", "XAF", "XOF", "XPF"}) {
    EXPECT_EQ(ExponentOf(code), 0) << code;
  }
  for (const char* code :
       {"EUR", "USD", "GBP", "CHF", "AED", "ZWG", "CNY", "INR", "MGA", "MRU", "XCD", "XCG", "VED", "SLE"}) {
    EXPECT_EQ(ExponentOf(code), 2) << code;
  }
  for (const char* code : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
    EXPECT_EQ(ExponentOf(code), 3) << code;
  for (const char* code : {"CLF", "UYW"}) EXPECT_EQ(ExponentOf(code), 4) << code;
}

TEST(CurrencyTest, CountsOfTheTable) {
  int count[5] = {};
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      for (char c = 'A'; c <= 'Z'; ++c) {
        const auto currency = Currency::Parse(std::string{a, b, c}, "currency");
        if (!currency.ok()) continue;
        EXPECT_EQ(currency->code(), (std::string{a, b, c}));
        ++count[currency->exponent()];
      }
    }
  }
  EXPECT_EQ(count[0], 17);
  EXPECT_EQ(count[1], 0);
  EXPECT_EQ(count[2], 139);
  EXPECT_EQ(count[3], 7);
  EXPECT_EQ(count[4], 2);
}

TEST(CurrencyTest, RefusesWhatIsNoActiveCurrency) {
  // Withdrawn, not a currency, no minor unit, other case, other length, other bytes.
  for (const std::string code :
       {"DEM", "HRK", "ZWL", "SLL", "ANG", "CUC",  "BGN",  "ABC",  "XXX",          "XTS", "XAU", "XDR",
        "eur", "Eur", "",    "E",   "EU",  "EURO", " EUR", "EU\0", "\xff\xff\xff", "@@@", "[[["}) {
    const auto currency = Currency::Parse(code, "order.currency");
    ASSERT_FALSE(currency.ok()) << code;
    EXPECT_EQ(currency.error().reason, Reason::kInvalidField);
    EXPECT_EQ(currency.error().metadata.at(0).second, "order.currency");
  }
}

TEST(CurrencyTest, ErrorsHoldNoUserText) {
  EXPECT_EQ(Currency::Parse("QQQ", "currency").error().message.find("QQQ"), std::string::npos);
}

TEST(CurrencyTest, IsAValueOfThreeBytes) {
  static_assert(sizeof(Currency) == 3);
  const Currency euro = *Currency::Parse("EUR", "c");
  EXPECT_EQ(euro, *Currency::Parse("EUR", "c"));
  EXPECT_NE(euro, *Currency::Parse("USD", "c"));
  EXPECT_NE(euro, Currency());
  EXPECT_EQ(Currency().exponent(), 0);
}

TEST(RoundHalfUpTest, Golden) {
  EXPECT_EQ(MultiplyRoundHalfUp(0, 10'000, 10'000), 0);
  EXPECT_EQ(MultiplyRoundHalfUp(5, 1, 10), 1);              // 0.5 goes up
  EXPECT_EQ(MultiplyRoundHalfUp(4, 1, 10), 0);              // 0.4
  EXPECT_EQ(MultiplyRoundHalfUp(15, 1, 10), 2);             // 1.5 goes up
  EXPECT_EQ(MultiplyRoundHalfUp(25, 1, 10), 3);             // 2.5 goes up, not to even
  EXPECT_EQ(MultiplyRoundHalfUp(1, 1, 3), 0);               // 0.33
  EXPECT_EQ(MultiplyRoundHalfUp(2, 1, 3), 1);               // 0.67
  EXPECT_EQ(MultiplyRoundHalfUp(1999, 1500, 10'000), 300);  // 299.85
  EXPECT_EQ(MultiplyRoundHalfUp(333, 3333, 10'000), 111);   // 110.9889
}

TEST(RoundHalfUpTest, HoldsAtTheBounds) {
  EXPECT_EQ(MultiplyRoundHalfUp(kAmountMax, 10'000, 10'000), kAmountMax);
  EXPECT_EQ(MultiplyRoundHalfUp(kAmountMax, 1, 1), kAmountMax);
  EXPECT_EQ(MultiplyRoundHalfUp(kAmountMax, 5'000, 10'000), int64_t{1} << 52);  // 2^52 - 1/2 goes up
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(MultiplyRoundHalfUp(kAmountMax, kHuge, kHuge), kAmountMax);
  EXPECT_EQ(MultiplyRoundHalfUp(1, 1, kHuge), 0);
  EXPECT_EQ(MultiplyRoundHalfUp(1, kHuge / 2 + 1, kHuge), 1);
  EXPECT_EQ(MultiplyRoundHalfUp(1, kHuge / 2, kHuge), 0);
}

// floor(x + 1/2) = q means q*d <= v*n + d/2 < (q+1)*d; checked with doubled integers that fit 64 bits.
TEST(RoundHalfUpTest, IsTheNearestAndTiesGoUp) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const int64_t value = static_cast<int64_t>(random() % 1'000'000'000);
    const int64_t denominator = 1 + static_cast<int64_t>(random() % 10'000);
    const int64_t numerator = static_cast<int64_t>(random() % (static_cast<uint64_t>(denominator) + 1));
    const int64_t q = MultiplyRoundHalfUp(value, numerator, denominator);
    const int64_t twice = 2 * value * numerator + denominator;
    ASSERT_LE(2 * q * denominator, twice);
    ASSERT_GT(2 * (q + 1) * denominator, twice);
    ASSERT_LE(q, value);
  }
}

TEST(RoundHalfUpTest, NeverFallsAsTheValueGrows) {
  int64_t last = 0;
  for (int64_t value = 0; value < 20'000; ++value) {
    const int64_t q = MultiplyRoundHalfUp(value, 1'250, 10'000);
    ASSERT_GE(q, last);
    ASSERT_LE(q - last, 1);
    last = q;
  }
}

Order OrderOf(std::vector<std::pair<int64_t, int64_t>> lines) {
  Order order;
  for (const auto& [quantity, price] : lines) {
    order.lines.push_back({.line_id = "l", .sku = "s", .quantity = quantity, .unit_price_minor = price});
  }
  return order;
}

TEST(OrderTest, SubtotalSumsQuantityTimesPrice) {
  EXPECT_EQ(Order().SubtotalMinor(), 0);
  EXPECT_EQ(OrderOf({{1, 999}}).SubtotalMinor(), 999);
  EXPECT_EQ(OrderOf({{3, 1999}, {2, 50}, {1, 0}}).SubtotalMinor(), 6097);
  EXPECT_EQ(OrderOf({{1, kAmountMax}}).SubtotalMinor(), kAmountMax);
}

TEST(OrderTest, SubtotalThatDoesNotFitIsTheLargestNumber) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(OrderOf({{kHuge, 2}}).SubtotalMinor(), kHuge);
  EXPECT_EQ(OrderOf({{1, kHuge}, {1, 1}}).SubtotalMinor(), kHuge);
  EXPECT_EQ(OrderOf({{1'000'000, kAmountMax}}).SubtotalMinor(), kHuge);
  const Order beyond = OrderOf({{1, kAmountMax}, {1, 1}});
  EXPECT_GT(beyond.SubtotalMinor(), kAmountMax);
}

}  // namespace
}  // namespace tessera::core
