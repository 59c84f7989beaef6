#include "core/reason.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

#include "core/result.h"

namespace tessera::core {
namespace {

TEST(ReasonTest, EveryReasonHasItsOwnNameInCapitals) {
  std::set<std::string_view> names;
  for (int i = 0; i < kReasonCount; ++i) {
    const std::string_view name = ReasonName(static_cast<Reason>(i));
    ASSERT_FALSE(name.empty());
    for (const char c : name) EXPECT_TRUE(std::isupper(static_cast<unsigned char>(c)) || c == '_') << name;
    EXPECT_TRUE(names.insert(name).second) << name << " is used twice";
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kReasonCount));
}

TEST(ReasonTest, NamesAreTheEnumeratorsInWords) {
  EXPECT_EQ(ReasonName(Reason::kInvalidField), "INVALID_FIELD");
  EXPECT_EQ(ReasonName(Reason::kStockPerDay), "STOCK_PER_DAY");
  EXPECT_EQ(ReasonName(Reason::kDurabilityBelowPromise), "DURABILITY_BELOW_PROMISE");
  EXPECT_EQ(ReasonName(Reason::kInternal), "INTERNAL");
}

TEST(ResultTest, HoldsAValueOrAnError) {
  const Result<int> value = 7;
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, 7);

  const Result<int> refused =
      Error(Reason::kStock, "no stock").With("campaign", "spring").Because("share 0, pool 0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::kStock);
  EXPECT_EQ(refused.error().message, "no stock");
  EXPECT_EQ(refused.error().cause, "share 0, pool 0");
  ASSERT_EQ(refused.error().metadata.size(), 1u);
  EXPECT_EQ(refused.error().metadata[0], (std::pair<std::string, std::string>{"campaign", "spring"}));
}

TEST(ResultTest, InvalidFieldNamesThePath) {
  const Error error = InvalidField("order.lines[2].quantity", "must be positive");
  EXPECT_EQ(error.reason, Reason::kInvalidField);
  EXPECT_EQ(error.message, "order.lines[2].quantity must be positive");
  ASSERT_EQ(error.metadata.size(), 1u);
  EXPECT_EQ(error.metadata[0].second, "order.lines[2].quantity");
}

TEST(ResultTest, MovesTheValueOut) {
  Result<std::string> text = std::string(100, 'x');
  const std::string moved = *std::move(text);
  EXPECT_EQ(moved.size(), 100u);
}

}  // namespace
}  // namespace tessera::core
