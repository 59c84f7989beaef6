#include "core/stored_code.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "crypto/aes.h"

namespace tessera::core {
namespace {

TEST(StoredCodeTest, HasOneFormWhateverWasTyped) {
  for (const char* typed : {"SPRING2026", "spring2026", "Spr1ng-2O26", " sprlng 2026", "spr-ing\t2026"}) {
    const auto code = CanonicalStoredCode(typed);
    ASSERT_TRUE(code.ok()) << typed;
    EXPECT_EQ(*code, "SPR1NG2026") << typed;
  }
  EXPECT_EQ(*CanonicalStoredCode("Test"), *CanonicalStoredCode("TEST"));
  EXPECT_EQ(*CanonicalStoredCode("oiLu"), "011U");
}

TEST(StoredCodeTest, RefusesWhatCanBeNone) {
  for (const std::string& typed :
       {std::string(), std::string("ABC"), std::string("A-B-C"), std::string(33, 'A'), std::string("ABC!"),
        std::string("ABC\xc3\xa4"), std::string("AB\0CD", 5), std::string(16, 'A'), std::string(1000, '-')}) {
    const auto code = CanonicalStoredCode(typed);
    ASSERT_FALSE(code.ok()) << typed;
    EXPECT_EQ(code.error().reason, Reason::kInvalidCode);
  }
  for (const size_t length : {4, 15, 17, 32}) EXPECT_TRUE(CanonicalStoredCode(std::string(length, 'A')).ok());
}

CodePattern Pattern(std::string_view prefix, int length, std::string_view alphabet = "") {
  return *CodePattern::Parse(prefix, length, alphabet, "p");
}

TEST(CodePatternTest, NamesWhatIsWrong) {
  const auto field = [](std::string_view prefix, int length, std::string_view alphabet) -> std::string {
    const auto pattern = CodePattern::Parse(prefix, length, alphabet, "p");
    if (pattern.ok()) return "";
    EXPECT_EQ(pattern.error().reason, Reason::kInvalidField);
    return pattern.error().metadata.at(0).second;
  };
  EXPECT_EQ(field("SALE", 8, ""), "");
  EXPECT_EQ(field("", 24, "0123456789"), "");
  EXPECT_EQ(field("SA-LE", 8, ""), "p.prefix");
  EXPECT_EQ(field("ABCDEFGHJKMNP", 8, ""), "p.prefix");
  EXPECT_EQ(field("", 3, ""), "p.length");
  EXPECT_EQ(field("", 25, ""), "p.length");
  EXPECT_EQ(field("", -1, ""), "p.length");
  EXPECT_EQ(field("", 16, ""), "p.length");
  EXPECT_EQ(field("SALE", 12, ""), "p.length");
  EXPECT_EQ(field("ABCDEFGHJKMN", 21, ""), "p.length");
  EXPECT_EQ(field("", 8, "012345678"), "p.alphabet");
  EXPECT_EQ(field("", 8, "01234567899"), "p.alphabet");
  EXPECT_EQ(field("", 8, "0123456789aA"), "p.alphabet");
  for (const char* look_alike : {"I", "l", "O", "u", "-", " "}) {
    EXPECT_EQ(field("", 8, "0123456789" + std::string(look_alike)), "p.alphabet") << look_alike;
  }
}

TEST(CodePatternTest, LeavesAThousandCodesForEach) {
  EXPECT_TRUE(Pattern("", 6, "0123456789").HasSpaceFor(1'000));
  EXPECT_FALSE(Pattern("", 6, "0123456789").HasSpaceFor(1'001));
  EXPECT_TRUE(Pattern("", 24).HasSpaceFor(UINT64_MAX));
}

crypto::AesCipher Cipher(uint8_t seed) {
  std::array<uint8_t, 16> key{};
  key.fill(seed);
  return crypto::AesCipher(key);
}

TEST(CodePatternTest, DrawsAreOfThePattern) {
  const CodePattern pattern = Pattern("spring", 7, "0123456789abc");
  for (uint64_t number = 0; number < 1'000; ++number) {
    const std::string code = pattern.Draw(Cipher(1), CodeNumber{number}, 0);
    EXPECT_EQ(CanonicalStoredCode(code)->substr(0, 6), "SPR1NG");
    EXPECT_EQ(code.substr(0, 6), "SPRING");
    EXPECT_EQ(CanonicalStoredCode(code)->substr(6), code.substr(6));
    EXPECT_EQ(code.find_first_not_of("0123456789ABC", 6), std::string::npos);
    EXPECT_EQ(code.size(), 13);
  }
}

TEST(CodePatternTest, DrawsAreTheSameForTheKeyAndOthersForAnother) {
  const CodePattern pattern = Pattern("", 12);
  const std::string code = pattern.Draw(Cipher(1), CodeNumber{42}, 0);
  EXPECT_EQ(pattern.Draw(Cipher(1), CodeNumber{42}, 0), code);
  EXPECT_NE(pattern.Draw(Cipher(1), CodeNumber{42}, 1), code);
  EXPECT_NE(pattern.Draw(Cipher(1), CodeNumber{43}, 0), code);
  EXPECT_NE(pattern.Draw(Cipher(2), CodeNumber{42}, 0), code);
}

// Chi-squared over each place's symbols: 31 degrees of freedom, 61.1 at p = 0.001.
TEST(CodePatternTest, DrawsAreUniform) {
  constexpr int kDraws = 100'000;
  constexpr int kLength = 8;
  const CodePattern pattern = Pattern("", kLength);
  const crypto::AesCipher cipher = Cipher(3);
  std::array<std::array<int, 32>, kLength> seen{};
  std::set<std::string> distinct;
  for (uint64_t number = 0; number < kDraws; ++number) {
    const std::string code = pattern.Draw(cipher, CodeNumber{number}, 0);
    distinct.insert(code);
    for (size_t i = 0; i < kLength; ++i) ++seen[i][pattern.alphabet().find(code[i])];
  }
  for (const auto& place : seen) {
    double chi = 0;
    for (const int count : place) {
      const double expected = kDraws / 32.0;
      chi += (count - expected) * (count - expected) / expected;
    }
    EXPECT_LT(chi, 61.1);
  }
  EXPECT_GE(distinct.size(), kDraws - 1);
}

}  // namespace
}  // namespace tessera::core
