#include "crypto/hmac.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tessera::crypto {
namespace {

std::string Hex(const Mac& mac) {
  std::string hex;
  for (const uint8_t byte : mac) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

std::string HmacOf(const std::string& key, const std::string& message) {
  return Hex(HmacKey({reinterpret_cast<const uint8_t*>(key.data()), key.size()}).Sign({message}));
}

// RFC 4231, section 4: test cases 1 to 7.
TEST(HmacTest, Rfc4231Vectors) {
  EXPECT_EQ(HmacOf(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacOf("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HmacOf(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting.push_back(c);
  EXPECT_EQ(HmacOf(counting, std::string(50, '\xcd')),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(HmacOf(std::string(20, '\x0c'), "Test With Truncation").substr(0, 32),
            "a3b6167473100ee06e0c796c2955552b");
  EXPECT_EQ(HmacOf(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(HmacOf(std::string(131, '\xaa'),
                   "This is a test using a larger than block-size key and a larger than block-size data. The "
                   "key needs to be "
                   "hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(HmacTest, PartsAreSignedAsOneText) {
  const HmacKey key(std::array<uint8_t, 32>{1, 2, 3});
  EXPECT_EQ(key.Sign({"abc", "", "def"}), key.Sign({"abcdef"}));
  EXPECT_EQ(key.Sign({}), key.Sign({""}));
  EXPECT_NE(key.Sign({"abc"}), key.Sign({"abd"}));
  EXPECT_NE(key.Sign({"abc"}), HmacKey(std::array<uint8_t, 32>{1, 2, 4}).Sign({"abc"}));
}

TEST(HmacTest, EveryLengthAgreesWithItsParts) {
  // Around the block size of SHA-256, where its buffering could go wrong.
  const HmacKey key(std::array<uint8_t, 32>{9});
  const std::string text(300, 'x');
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::string_view whole = std::string_view(text).substr(0, size);
    ASSERT_EQ(key.Sign({whole}), key.Sign({whole.substr(0, size / 3), whole.substr(size / 3)})) << size;
  }
}

TEST(HmacTest, LengthFrameIsBigEndian) {
  EXPECT_EQ(LengthFrame(""), (std::array<char, 4>{0, 0, 0, 0}));
  EXPECT_EQ(LengthFrame(std::string(0x010203, 'x')), (std::array<char, 4>{0, 1, 2, 3}));
}

TEST(HmacTest, ManyThreadsShareOneKey) {
  const HmacKey key(std::array<uint8_t, 32>{7});
  const Mac expected = key.Sign({"a message"});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 32; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) {
        if (key.Sign({"a ", "message"}) != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tessera::crypto
