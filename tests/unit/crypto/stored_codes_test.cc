#include "crypto/stored_codes.h"

#include <gtest/gtest.h>

#include "crypto/user_keys.h"
#include "unit/crypto/test_keys.h"

namespace tessera::crypto {
namespace {

TEST(StoredCodesTest, ACodeStandsUnderTheCurrentKeyAndTheOlderOnes) {
  const StoredCodes before(TestKeys());
  std::string text = "user 2 " + HexKey('9') + " current\n" + KeyText();
  text.replace(text.find(HexKey('1') + " current"), 64 + 8, HexKey('1'));
  const StoredCodes after(*KeyFile::Parse(text, "keys"));
  const auto old_keys = before.KeysOf("SPR1NG2026");
  const auto new_keys = after.KeysOf("SPR1NG2026");
  ASSERT_EQ(old_keys.size(), 1);
  ASSERT_EQ(new_keys.size(), 2);
  EXPECT_EQ(new_keys[1], old_keys[0]);
  EXPECT_NE(new_keys[0], old_keys[0]);
  EXPECT_NE(before.KeysOf("SPR1NG2027")[0], old_keys[0]);
}

TEST(StoredCodesTest, ACodeIsNobodysUserKey) {
  EXPECT_NE(StoredCodes(TestKeys()).KeysOf("TEST")[0].bytes,
            UserKeyMaker(TestKeys()).MakeUserKey("TEST").bytes);
}

TEST(StoredCodesTest, DrawsUnderTheKeyThatItIsTold) {
  const StoredCodes codes(TestKeys("code 5 " + HexKey('7') + "\n"));
  const core::CodePattern pattern = *core::CodePattern::Parse("", 10, "", "p");
  const core::CodeNumber number{42};
  EXPECT_NE(codes.Draw(0, pattern, number, 0), codes.Draw(5, pattern, number, 0));
  EXPECT_TRUE(codes.HasCodeKey(5));
  EXPECT_FALSE(codes.HasCodeKey(3));
}

// The way from a line of the key file to a printed code: it must stay.
TEST(StoredCodesTest, GoldenDraw) {
  const core::CodePattern pattern = *core::CodePattern::Parse("SALE", 8, "", "p");
  EXPECT_EQ(StoredCodes(TestKeys()).Draw(0, pattern, core::CodeNumber{42}, 0), "SALEKTK0A20D");
}

}  // namespace
}  // namespace tessera::crypto
