#include "crypto/code_keys.h"

#include <gtest/gtest.h>

#include "unit/crypto/test_keys.h"

namespace tessera::crypto {
namespace {

constexpr core::CodeContent kContent{.kind = core::CodeKind::kUnbound, .number = {42}};

TEST(CodeKeysTest, TheBookHasTheKeysOfTheFile) {
  const core::CodeBook book = MakeCodeBook(TestKeys("code 5 " + HexKey('7') + "\n"));
  EXPECT_EQ(book.current_key_id(), 0);
  EXPECT_TRUE(book.Has(0));
  EXPECT_TRUE(book.Has(5));
  EXPECT_FALSE(book.Has(1));
  EXPECT_EQ(*book.Open(book.Make(kContent)), kContent);
  EXPECT_EQ(*book.Open(book.MakeUnder(5, kContent)), kContent);
}

// The way from a line of the key file to the text on a voucher: it must stay.
TEST(CodeKeysTest, GoldenCode) { EXPECT_EQ(MakeCodeBook(TestKeys()).Make(kContent), "1EEB-ARRX-P1KB-9R0T"); }

TEST(CodeKeysTest, ACodeOpensUnderItsOwnKeyOnly) {
  const core::CodeBook book = MakeCodeBook(TestKeys());
  std::string text = KeyText();
  text.replace(text.find(HexKey('2')), 64, HexKey('6'));
  const core::CodeBook other = MakeCodeBook(*KeyFile::Parse(text, "keys"));
  EXPECT_FALSE(other.Open(book.Make(kContent)).ok());
}

}  // namespace
}  // namespace tessera::crypto
