#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/ids.h"

namespace tessera::core {
namespace {

TEST(RequestIdTest, ReadsEveryVersion) {
  for (const char version : std::string("12345678")) {
    std::string text = "f81d4fae-7dec-X1d0-a765-00a0c91e6bf6";
    text[14] = version;
    const auto id = RequestId::Parse(text, "request_id");
    ASSERT_TRUE(id.ok()) << text;
    EXPECT_EQ(id->bytes[0], 0xf8);
    EXPECT_EQ(id->bytes[6] >> 4, version - '0');
    EXPECT_EQ(id->bytes[15], 0xf6);
    EXPECT_EQ(id->view().size(), 16u);
  }
}

TEST(RequestIdTest, CaseDoesNotMatter) {
  const std::string lower = "f81d4fae-7dec-41d0-b765-00a0c91e6bf6";
  std::string upper = lower;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_EQ(*RequestId::Parse(lower, "r"), *RequestId::Parse(upper, "r"));
}

TEST(RequestIdTest, Version7CarriesItsTime) {
  // The example of RFC 9562, appendix A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00.
  const auto id = RequestId::Parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "request_id");
  ASSERT_TRUE(id.ok());
  ASSERT_TRUE(id->time_ms().has_value());
  EXPECT_EQ(*id->time_ms(), 1'645'557'742'000);
  EXPECT_EQ(*RequestId::Parse("ffffffff-ffff-7fff-bfff-ffffffffffff", "r")->time_ms(),
            (int64_t{1} << 48) - 1);
}

TEST(RequestIdTest, OtherVersionsCarryNone) {
  // The examples of RFC 9562 for versions 4, 1 and 6.
  for (const char* text : {"919108f7-52d1-4320-9bac-f847db4148a8", "C232AB00-9414-11EC-B3C8-9F6BDECED846",
                           "1EC9414C-232A-6B00-B3C8-9F6BDECED846"}) {
    const auto id = RequestId::Parse(text, "request_id");
    ASSERT_TRUE(id.ok()) << text;
    EXPECT_FALSE(id->time_ms().has_value());
  }
}

TEST(RequestIdTest, RefusesWhatIsNoUuid) {
  const std::string good = "919108f7-52d1-4320-9bac-f847db4148a8";
  ASSERT_TRUE(RequestId::Parse(good, "r").ok());
  std::vector<std::string> bad = {
      "",
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "919108f752d143209bacf847db4148a8",
      "{919108f7-52d1-4320-9bac-f847db4148a8}",
      "urn:uuid:919108f7-52d1-4320-9bac-f847db4148a8",
      " " + good,
      good + " ",
      good.substr(0, 35),
      good + "0",
      "919108f75-2d1-4320-9bac-f847db4148a8",
      "919108f7-52d1-0320-9bac-f847db4148a8",  // version 0
      "919108f7-52d1-9320-9bac-f847db4148a8",  // version 9
      "919108f7-52d1-f320-9bac-f847db4148a8",  // version 15
      "919108f7-52d1-4320-1bac-f847db4148a8",  // variant 0xx
      "919108f7-52d1-4320-cbac-f847db4148a8",  // variant 110
      "919108f7-52d1-4320-fbac-f847db4148a8",  // variant 111
  };
  for (size_t place = 0; place < good.size(); ++place) {
    for (const char c : {'g', '-', ' ', '\0', '\xc3', '/', ':', '@', '`'}) {
      std::string text = good;
      if (text[place] == c) continue;
      text[place] = c;
      bad.push_back(text);
    }
  }
  for (const std::string& text : bad) {
    const auto id = RequestId::Parse(text, "claim.request_id");
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_EQ(id.error().reason, Reason::kInvalidField);
    EXPECT_EQ(id.error().metadata.at(0).second, "claim.request_id");
  }
}

}  // namespace
}  // namespace tessera::core
