#include "tools/couponctl/message_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coupon/v1/campaign.pb.h"
#include "coupon/v1/order.pb.h"
#include "tools/couponctl/failure.h"

namespace tessera::couponctl {
namespace {

namespace pb = coupon::v1;
using ::testing::HasSubstr;

pb::Order ReadOrder(const std::string& text) { return ReadYaml<pb::Order>(text, "order.yaml").front(); }

std::string MistakeIn(const std::string& text) {
  try {
    ReadOrder(text);
  } catch (const Mistake& mistake) {
    return mistake.what();
  }
  return "";
}

TEST(MessageTextTest, ScalarsAreReadByTheTypeOfTheirField) {
  const pb::Order order = ReadOrder(
      "{order_id: 4711, currency_code: EUR, shipping_minor: 490, completed_orders: '2',\n"
      " lines: [{line_id: true, sku: 0x10, quantity: 3, unit_price_minor: \"3900\"}]}");
  EXPECT_EQ(order.order_id(), "4711");
  EXPECT_EQ(order.shipping_minor(), 490);
  EXPECT_EQ(order.completed_orders(), 2);
  EXPECT_EQ(order.lines(0).line_id(), "true");
  EXPECT_EQ(order.lines(0).sku(), "0x10");
  EXPECT_EQ(order.lines(0).unit_price_minor(), 3900);
  const auto campaigns = ReadYaml<pb::Campaign>("definition: {use_limits: {budget_clips: true}}", "");
  EXPECT_TRUE(campaigns.front().definition().use_limits().budget_clips());
}

TEST(MessageTextTest, EnumsAreReadWithAndWithoutTheirPrefix) {
  for (const char* text : {"state: PAUSED", "state: CAMPAIGN_STATE_PAUSED", "state: 3"}) {
    EXPECT_EQ(ReadYaml<pb::Campaign>(text, "").front().state(), pb::CAMPAIGN_STATE_PAUSED) << text;
  }
  const auto offers =
      ReadYaml<pb::Campaign>("definition: {offer: {weekly_windows: [{day: FRIDAY}, {day: SUNDAY}]}}", "");
  EXPECT_EQ(offers.front().definition().offer().weekly_windows(1).day(), pb::DAY_OF_WEEK_SUNDAY);
}

TEST(MessageTextTest, JsonIsYamlToo) {
  EXPECT_EQ(
      ReadOrder(R"({"orderId": "o-1", "lines": [{"lineId": "1", "quantity": "3"}]})").lines(0).quantity(), 3);
}

TEST(MessageTextTest, MistakesNameTheFileAndTheField) {
  EXPECT_THAT(MistakeIn("{order_id: o-1, colour: green}"), HasSubstr("order.yaml: "));
  EXPECT_THAT(MistakeIn("{order_id: o-1, colour: green}"), HasSubstr("colour"));
  EXPECT_THAT(MistakeIn("lines: [{quantity: few}]"), HasSubstr("quantity"));
  EXPECT_THAT(MistakeIn("order_id: o-1\norder_id: o-2"), HasSubstr("order_id stands here twice"));
  EXPECT_THAT(MistakeIn("lines: ["), HasSubstr("line"));
  EXPECT_THAT(MistakeIn("# nothing"), HasSubstr("there is nothing in it"));
  EXPECT_THAT(MistakeIn("just words"), HasSubstr("order.yaml: "));
}

// What is written as YAML is read as the same message, whatever is in it.
TEST(MessageTextTest, YamlIsReadAsItWasWritten) {
  pb::Order order;
  order.set_currency_code("EUR");
  order.set_shipping_minor(9'007'199'254'740'991);
  for (const char* odd :
       {"1",          "true", "~",   "null",  "-",    "",     "#",    "a: b",       " blank ",
        "0x1F",       "1e3",  ".5",  "[x",    "{y",   "'",    "\"",   "two\nlines", "Z\xC3\xBCrich",
        "yes",        "No",   "off", "1_000", "1:30", ".inf", "0b11", "=",          "<<",
        "2026-01-01", "*a",   "&b",  "!c",    "%d",   "@e",   "`f"}) {
    order.set_order_id(odd);
    order.add_user_attributes(odd);
  }
  const std::string yaml = ToYaml(order);
  EXPECT_EQ(ReadOrder(yaml).SerializeAsString(), order.SerializeAsString()) << yaml;
  EXPECT_EQ(ReadOrder(ToJson(order)).SerializeAsString(), order.SerializeAsString());
  EXPECT_THAT(yaml, HasSubstr("shipping_minor: 9007199254740991\n")) << "numbers are numbers";
  for (const char* quoted : {"1", "yes", "No", "off", "0x1F", "1_000", "1:30", ".inf", "=", "<<"}) {
    EXPECT_THAT(yaml, HasSubstr("- \"" + std::string(quoted) + "\"\n"))
        << "YAML 1.1 takes it for something else";
  }
  EXPECT_THAT(yaml, HasSubstr("- \"1\"\n")) << "and texts that look like numbers are not";
}

}  // namespace
}  // namespace tessera::couponctl
