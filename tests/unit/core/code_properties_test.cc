#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/base32.h"
#include "core/code.h"
#include "crypto/aes.h"
#include "tests/support/trials.h"

// What holds for codes as a crowd: mistakes are refused, guesses do not open, and nothing shows through.
namespace tessera::core {
namespace {

constexpr int kSampledCodes = 2'000;

// All eight keys are in use, so that a mistyped key id meets another key and not an empty place.
CodeBook FullBook() {
  std::map<uint8_t, std::unique_ptr<BlockCipher>> keys;
  for (uint8_t id = 0; id <= CodeBook::kKeyIdMax; ++id) {
    std::array<uint8_t, 16> key{};
    key[0] = id;
    key[15] = 0x5a;
    keys.emplace(id, std::make_unique<crypto::AesCipher>(key));
  }
  return CodeBook(std::move(keys), 3);
}

std::string Bare(const std::string& code) {
  std::string bare = code;
  std::erase(bare, '-');
  return bare;
}

CodeContent RandomContent(std::mt19937_64& random) {
  return {.kind = random() % 2 != 0 ? CodeKind::kUnbound : CodeKind::kCoupon, .number = random() >> 29};
}

TEST(CodePropertiesTest, EverySingleCharacterTypoIsRefused) {
  const CodeBook book = FullBook();
  std::mt19937_64 random(31);
  int tried = 0;
  for (int i = 0; i < kSampledCodes; ++i) {
    const std::string code = Bare(book.MakeUnder(static_cast<uint8_t>(i % 8), RandomContent(random)));
    std::string typo = code;
    for (size_t place = 0; place < code.size(); ++place) {
      for (const char symbol : kBase32Upper) {
        if (symbol == code[place]) continue;
        typo[place] = symbol;
        ASSERT_FALSE(book.Open(typo).ok()) << "place " << place;
        ++tried;
      }
      typo[place] = code[place];
    }
  }
  EXPECT_EQ(tried, kSampledCodes * 16 * 31);
}

TEST(CodePropertiesTest, EveryAdjacentSwapIsRefused) {
  const CodeBook book = FullBook();
  std::mt19937_64 random(32);
  int tried = 0;
  for (int i = 0; i < 2 * kSampledCodes; ++i) {
    const std::string code = Bare(book.MakeUnder(static_cast<uint8_t>(i % 8), RandomContent(random)));
    for (size_t place = 0; place + 1 < code.size(); ++place) {
      if (code[place] == code[place + 1]) continue;
      std::string swapped = code;
      std::swap(swapped[place], swapped[place + 1]);
      ASSERT_FALSE(book.Open(swapped).ok()) << "place " << place;
      ++tried;
    }
  }
  EXPECT_GT(tried, 2 * kSampledCodes * 14);
}

TEST(CodePropertiesTest, NoneOfAMillionRandomCodesOpens) {
  const CodeBook book = FullBook();
  std::mt19937_64 random(33);
  std::string code(16, '0');
  for (int i = 0; i < 1'000'000; ++i) {
    uint64_t bits = random();
    for (size_t place = 0; place < 12; ++place, bits >>= 5) code[place] = kBase32Upper[bits & 31];
    bits = random();
    for (size_t place = 12; place < 16; ++place, bits >>= 5) code[place] = kBase32Upper[bits & 31];
    ASSERT_FALSE(book.Open(code).ok());
  }
}

// Codes of consecutive numbers, which is how coupons are numbered: every symbol is as frequent as any other
// in each of the 15 places that the permutation fills (the first holds the key id).
TEST(CodePropertiesTest, SymbolsAreEvenlySpread) {
  constexpr int kCodes = 64'000;
  const CodeBook book = FullBook();
  std::array<std::array<int, 32>, 16> counts{};
  for (int number = 0; number < kCodes; ++number) {
    const std::string code =
        Bare(book.Make({.kind = CodeKind::kCoupon, .number = {static_cast<uint64_t>(number)}}));
    for (size_t place = 0; place < 16; ++place) ++counts[place][kBase32Upper.find(code[place])];
  }
  const double expected = kCodes / 32.0;
  for (size_t place = 1; place < 16; ++place) {
    double chi_square = 0;
    for (const int count : counts[place]) chi_square += (count - expected) * (count - expected) / expected;
    // 31 degrees of freedom: beyond 70 lies a share of 10^-4. The keys are fixed, so the verdict is always
    // the same.
    EXPECT_LT(chi_square, 70) << "place " << place;
  }
  for (size_t symbol = 0; symbol < 32; ++symbol) {
    if (symbol / 4 == 3) {
      EXPECT_NEAR(counts[0][symbol], kCodes / 4.0, 1'000) << "two bits of the first symbol are enciphered";
    } else {
      EXPECT_EQ(counts[0][symbol], 0) << "three bits of the first symbol are the key id";
    }
  }
}

// Numbers that differ in one bit give codes that differ in half of their 77 bits: neighbours do not look like
// neighbours.
TEST(CodePropertiesTest, OneBitChangesHalfOfTheCode) {
  const CodeBook book = FullBook();
  std::mt19937_64 random(34);
  int64_t differing = 0;
  int64_t pairs = 0;
  for (int i = 0; i < 200; ++i) {
    const uint64_t number = random() >> 29;
    const std::string code = Bare(book.Make({.kind = CodeKind::kCoupon, .number = {number}}));
    for (int bit = 0; bit < CouponNumber::kBits; ++bit, ++pairs) {
      const std::string other =
          Bare(book.Make({.kind = CodeKind::kCoupon, .number = {number ^ uint64_t{1} << bit}}));
      for (size_t place = 0; place < 16; ++place) {
        differing += __builtin_popcountll(kBase32Upper.find(code[place]) ^ kBase32Upper.find(other[place]));
      }
    }
  }
  EXPECT_NEAR(static_cast<double>(differing) / static_cast<double>(pairs), 77 / 2.0, 0.5);
}

// What one learns from known codes: each of the 77 bits of the next one is as likely the same as not, alone
// and together with its neighbour, whatever the stride between their numbers.
TEST(CodePropertiesTest, TheNextCodeIsNotToldByTheLastOnes) {
  constexpr uint64_t kPairs = 50'000;
  const CodeBook book = FullBook();
  for (const uint64_t stride : {1, 64, 16'384}) {
    std::vector<char> text(CodeBook::kTextLength * (kPairs + 1));
    book.MakeRow(3, CodeKind::kUnbound, {.first = 77, .stride = stride, .count = kPairs + 1}, text);
    std::array<int64_t, 80> flips{};
    std::array<int64_t, 80> both{};
    for (uint64_t i = 0; i < kPairs; ++i) {
      bool before = false;
      int bit = 0;
      for (size_t at = 0; at < CodeBook::kTextLength; ++at) {
        if (at % 5 == 4) continue;
        const size_t one = kBase32Upper.find(text[i * CodeBook::kTextLength + at]);
        const size_t other = kBase32Upper.find(text[(i + 1) * CodeBook::kTextLength + at]);
        for (int shift = 4; shift >= 0; --shift, ++bit) {
          const bool flipped = ((one ^ other) >> shift & 1) != 0;
          flips[static_cast<size_t>(bit)] += flipped ? 1 : 0;
          both[static_cast<size_t>(bit)] += flipped && before ? 1 : 0;
          before = flipped;
        }
      }
    }
    // Three bits are the key id. Five standard deviations of a fair coin: one verdict of 10^6 would be wrong.
    const double deviation = std::sqrt(kPairs * 0.25);
    const double deviation_both = std::sqrt(kPairs * 3.0 / 16);
    for (size_t bit = 0; bit < 80; ++bit) {
      if (bit < 3) {
        EXPECT_EQ(flips[bit], 0);
      } else {
        EXPECT_NEAR(static_cast<double>(flips[bit]), kPairs / 2.0, 5 * deviation) << stride << " bit " << bit;
      }
      if (bit > 3) {
        EXPECT_NEAR(static_cast<double>(both[bit]), kPairs / 4.0, 5 * deviation_both)
            << stride << " bit " << bit;
      }
    }
  }
}

// Rows are what batches are made of: each code is the one that its number alone gives, and none is there
// twice.
TEST(CodePropertiesTest, ARowHasTheCodesOfItsNumbers) {
  const CodeBook book = FullBook();
  for (const size_t count : {0, 1, 2, 63, 64, 65, 128, 1'000}) {
    const NumberRow row{.first = 12'345, .stride = 64, .count = count};
    std::string text(CodeBook::kTextLength * count, '?');
    book.MakeRow(5, CodeKind::kUnbound, row, text);
    for (size_t i = 0; i < count; ++i) {
      const CodeContent content{.kind = CodeKind::kUnbound, .number = row.first + i * row.stride};
      ASSERT_EQ(text.substr(i * CodeBook::kTextLength, CodeBook::kTextLength), book.MakeUnder(5, content));
    }
  }
}

TEST(CodePropertiesTest, NoCodeOfARowIsThereTwice) {
  const auto count = static_cast<size_t>(testing::Trials(200'000, 10'000'000));
  const CodeBook book = FullBook();
  constexpr size_t kChunk = 10'000;
  std::vector<uint64_t> tails;  // 60 of the 77 bits: equal codes have equal tails
  tails.reserve(count);
  std::vector<char> text(CodeBook::kTextLength * kChunk);
  for (size_t done = 0; done < count; done += kChunk) {
    book.MakeRow(3, CodeKind::kUnbound, {.first = done * 64 + 9, .stride = 64, .count = kChunk}, text);
    for (size_t i = 0; i < kChunk; ++i) {
      uint64_t tail = 0;
      for (size_t at = 5; at < CodeBook::kTextLength; ++at) {
        if (at % 5 != 4) tail = tail << 5 | kBase32Upper.find(text[i * CodeBook::kTextLength + at]);
      }
      tails.push_back(tail);
    }
  }
  std::sort(tails.begin(), tails.end());
  // Two codes of 10 million share their 60 bits by chance with 4 in 100,000; these keys give none.
  EXPECT_EQ(std::adjacent_find(tails.begin(), tails.end()), tails.end());
  testing::PrintTrials("codes made, none twice", static_cast<int64_t>(count));
}

TEST(CodePropertiesTest, CodesOfDistinctNumbersAreDistinct) {
  const CodeBook book = FullBook();
  std::set<std::string> codes;
  for (uint64_t number = 0; number < 20'000; ++number) {
    for (const CodeKind kind : {CodeKind::kCoupon, CodeKind::kUnbound}) {
      EXPECT_TRUE(codes.insert(book.Make({.kind = kind, .number = {number}})).second);
    }
  }
}

}  // namespace
}  // namespace tessera::core
