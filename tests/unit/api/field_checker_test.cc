#include "api/field_checker.h"

#include <gtest/gtest.h>

namespace tessera::api {
namespace {

TEST(FieldPath, IsSpelledAsTheProtoDoes) {
  const FieldPath order = "order";
  const FieldPath lines = order.Field("lines");
  const FieldPath line = lines.At(2);
  EXPECT_EQ(line.Field("quantity").ToString(), "order.lines[2].quantity");
  EXPECT_EQ(lines.ToString(), "order.lines");
  EXPECT_EQ(FieldPath("user_id").ToString(), "user_id");
}

TEST(FieldChecker, TellsTheFirstThing) {
  FieldChecker check;
  EXPECT_TRUE(check.ok());
  check.Fail("first", "must be good");
  check.Fail("second", "must be good");
  const auto answer = check.Answer(1);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "first must be good");
  EXPECT_EQ(answer.error().metadata.at(0).second, "first");
}

TEST(PrintableLength, CountsCharactersOfUtf8) {
  EXPECT_EQ(PrintableLength(""), 0u);
  EXPECT_EQ(PrintableLength("abc"), 3u);
  EXPECT_EQ(PrintableLength("\xC3\xBC\xE2\x82\xAC\xF0\x9F\x8E\x81"), 3u);  // u umlaut, euro sign, a present
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80",
        "\n", "\x1F", "\x7F", "\xC2\x80", "\xC2\x9F", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    EXPECT_EQ(PrintableLength(bad), std::nullopt) << testing::PrintToString(bad);
  }
  EXPECT_EQ(PrintableLength("\xC2\xA0"), 1u);  // the first after the C1 controls
}

}  // namespace
}  // namespace tessera::api
