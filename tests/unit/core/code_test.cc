#include "core/code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "core/base32.h"
#include "crypto/aes.h"

namespace tessera::core {
namespace {

std::unique_ptr<BlockCipher> CipherOf(uint8_t seed) {
  std::array<uint8_t, 16> key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(seed + i);
  return std::make_unique<crypto::AesCipher>(key);
}

CodeBook BookWith(std::initializer_list<uint8_t> key_ids, uint8_t current) {
  std::map<uint8_t, std::unique_ptr<BlockCipher>> keys;
  for (const uint8_t id : key_ids) keys.emplace(id, CipherOf(static_cast<uint8_t>(100 + 10 * id)));
  return CodeBook(std::move(keys), current);
}

std::string WithoutDashes(std::string code) {
  std::erase(code, '-');
  return code;
}

// The 77-bit permutation written once more, straight from the description of FF1: the halves change places in
// every round.
std::string ReferenceCode(const BlockCipher& cipher, uint8_t key_id, uint64_t kind, uint64_t number) {
  uint64_t a = 0;
  uint64_t b = kind << 35 | number;
  for (int i = 0; i < 10; ++i) {
    Block block{1, 2, 1, 2, 10, 38, 77, static_cast<uint8_t>(key_id << 4 | i)};
    for (int j = 0; j < 8; ++j) block[15 - j] = static_cast<uint8_t>(b >> (8 * j));
    cipher.Encrypt(block);
    uint64_t y = 0;
    for (int j = 0; j < 8; ++j) y = y << 8 | block[j];
    const int m = i % 2 == 0 ? 38 : 39;
    const uint64_t c = (a + y) % (uint64_t{1} << m);
    a = b;
    b = c;
  }
  std::string bits;
  for (int i = 2; i >= 0; --i) bits.push_back(static_cast<char>('0' + (key_id >> i & 1)));
  for (int i = 37; i >= 0; --i) bits.push_back(static_cast<char>('0' + (a >> i & 1)));
  for (int i = 38; i >= 0; --i) bits.push_back(static_cast<char>('0' + (b >> i & 1)));
  std::string code;
  for (size_t i = 0; i < bits.size(); i += 5)
    code.push_back(kBase32Upper[std::stoul(bits.substr(i, 5), nullptr, 2)]);
  return code;
}

TEST(CodeTest, HasFourGroupsOfFourSymbols) {
  const std::string code = BookWith({0}, 0).Make({.kind = CodeKind::kCoupon, .number = {1}});
  ASSERT_EQ(code.size(), 19u);
  for (size_t i = 0; i < code.size(); ++i) {
    if (i % 5 == 4) {
      EXPECT_EQ(code[i], '-');
    } else {
      EXPECT_NE(kBase32Upper.find(code[i]), std::string_view::npos);
    }
  }
}

// Codes are printed on paper: what a key once made it must make for ever.
TEST(CodeTest, GoldenCodes) {
  const CodeBook book = BookWith({0, 7}, 0);
  EXPECT_EQ(book.Make({.kind = CodeKind::kCoupon, .number = {0}}), "084G-V2VJ-5CH8-ZA6R");
  EXPECT_EQ(book.Make({.kind = CodeKind::kCoupon, .number = {1}}), "3ENH-R2AJ-7JBE-B9KW");
  EXPECT_EQ(book.Make({.kind = CodeKind::kUnbound, .number = {0}}), "0NFA-MPTZ-RQFX-ZDHG");
  EXPECT_EQ(book.MakeUnder(7, {.kind = CodeKind::kUnbound, .number = {(uint64_t{1} << 35) - 1}}),
            "Y4Q0-KFSH-FVD1-A862");
}

TEST(CodeTest, IsTheAlternatingFeistelOfTheDescription) {
  std::mt19937_64 random(21);
  for (int i = 0; i < 2'000; ++i) {
    const auto key_id = static_cast<uint8_t>(i % 8);
    const CodeContent content{.kind = i % 3 == 0 ? CodeKind::kUnbound : CodeKind::kCoupon,
                              .number = {random() >> 29}};
    const CodeBook book = BookWith({key_id}, key_id);
    const auto cipher = CipherOf(static_cast<uint8_t>(100 + 10 * key_id));
    ASSERT_EQ(WithoutDashes(book.Make(content)),
              ReferenceCode(*cipher, key_id, static_cast<uint64_t>(content.kind), content.number));
  }
}

TEST(CodeTest, RoundTrips) {
  const CodeBook book = BookWith({2}, 2);
  std::mt19937_64 random(22);
  std::vector<uint64_t> numbers = {0, 1, (uint64_t{1} << 35) - 1, uint64_t{1} << 34};
  for (int i = 0; i < 20'000; ++i) numbers.push_back(random() >> 29);
  for (const uint64_t number : numbers) {
    for (const CodeKind kind : {CodeKind::kCoupon, CodeKind::kUnbound}) {
      const CodeContent content{.kind = kind, .number = {number}};
      const auto opened = book.Open(book.Make(content));
      ASSERT_TRUE(opened.ok());
      ASSERT_EQ(*opened, content);
    }
  }
}

TEST(CodeTest, CaseBlanksAndDashesDoNotMatter) {
  const CodeBook book = BookWith({0}, 0);
  std::mt19937_64 random(23);
  for (int i = 0; i < 1'000; ++i) {
    const CodeContent content{.kind = CodeKind::kCoupon, .number = {random() >> 29}};
    const std::string bare = WithoutDashes(book.Make(content));
    std::string typed;
    for (const char c : bare) {
      if (random() % 3 == 0) typed.append(random() % 2 != 0 ? " " : "-");
      typed.push_back(random() % 2 != 0 ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
    for (const std::string& text : {bare, typed, "  " + typed + "--", "\t" + bare}) {
      const auto opened = book.Open(text);
      ASSERT_TRUE(opened.ok()) << text;
      ASSERT_EQ(*opened, content);
    }
  }
}

TEST(CodeTest, LookAlikesReadAsTheDigitTheyLookLike) {
  const CodeBook book = BookWith({0}, 0);
  int replaced = 0;
  for (uint64_t number = 0; number < 500; ++number) {
    const CodeContent content{.kind = CodeKind::kCoupon, .number = {number}};
    const std::string code = book.Make(content);
    for (const auto& [digit, letters] :
         {std::pair{'0', std::string("Oo")}, std::pair{'1', std::string("IiLl")}}) {
      for (const char letter : letters) {
        std::string text = code;
        replaced += static_cast<int>(std::count(text.begin(), text.end(), digit));
        std::replace(text.begin(), text.end(), digit, letter);
        const auto opened = book.Open(text);
        ASSERT_TRUE(opened.ok()) << text;
        ASSERT_EQ(*opened, content);
      }
    }
  }
  EXPECT_GT(replaced, 1'000);
}

TEST(CodeTest, RefusesOtherShapes) {
  const CodeBook book = BookWith({0}, 0);
  const std::string code = book.Make({.kind = CodeKind::kCoupon, .number = {77}});
  const std::string bare = WithoutDashes(code);
  for (const std::string& text :
       {std::string(), std::string("-"), bare.substr(1), bare.substr(0, 15), bare + bare[0], bare + bare,
        "U" + bare.substr(1), "u" + bare.substr(1), "_" + bare, bare + ".", std::string(1'000'000, '-'),
        std::string(1'000'000, '0'), bare + std::string(1, '\0'), "\xd0\x90" + bare.substr(1), bare + "\n"}) {
    const auto opened = book.Open(text);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().reason, Reason::kInvalidCode);
    EXPECT_TRUE(opened.error().metadata.empty());
    EXPECT_EQ(opened.error().message.find(bare), std::string::npos) << "codes are never told again";
  }
}

TEST(CodeTest, EveryRefusalLooksTheSame) {
  // A caller cannot tell an unknown key from a wrong code.
  const CodeBook book = BookWith({0}, 0);
  const std::string foreign = BookWith({5}, 5).Make({.kind = CodeKind::kCoupon, .number = {1}});
  EXPECT_EQ(book.Open(foreign).error().message, book.Open("0000-0000-0000-0000").error().message);
  EXPECT_EQ(book.Open(foreign).error().message, book.Open("short").error().message);
}

TEST(CodeTest, OldCodesOpenUntilTheirKeyIsRetired) {
  const CodeContent content{.kind = CodeKind::kCoupon, .number = {123'456}};
  const std::string first = BookWith({1}, 1).Make(content);
  const CodeBook rotated = BookWith({1, 2}, 2);
  const std::string second = rotated.Make(content);
  EXPECT_NE(first, second);
  EXPECT_EQ(rotated.current_key_id(), 2);
  EXPECT_EQ(*rotated.Open(first), content);
  EXPECT_EQ(*rotated.Open(second), content);
  EXPECT_EQ(rotated.MakeUnder(1, content), first);
  EXPECT_TRUE(rotated.Has(1));

  const CodeBook retired = BookWith({2}, 2);
  EXPECT_FALSE(retired.Has(1));
  EXPECT_EQ(retired.Open(first).error().reason, Reason::kInvalidCode);
  EXPECT_EQ(*retired.Open(second), content);
}

TEST(CodeTest, TheKeyIdIsBoundIntoTheCode) {
  // The same cipher under another id is another permutation, so a code cannot be moved to another id.
  std::map<uint8_t, std::unique_ptr<BlockCipher>> keys;
  keys.emplace(0, CipherOf(9));
  keys.emplace(1, CipherOf(9));
  const CodeBook book(std::move(keys), 0);
  for (uint64_t number = 0; number < 1'000; ++number) {
    const CodeContent content{.kind = CodeKind::kCoupon, .number = {number}};
    std::string moved = book.MakeUnder(0, content);
    const size_t value = kBase32Upper.find(moved[0]);
    ASSERT_LT(value, 4u) << "the first three bits are key id 0";
    moved[0] = kBase32Upper[value + 4];
    ASSERT_FALSE(book.Open(moved).ok());
  }
}

}  // namespace
}  // namespace tessera::core
