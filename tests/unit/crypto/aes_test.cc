#include "crypto/aes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tessera::crypto {
namespace {

std::vector<uint8_t> CountingKey(size_t size) {
  std::vector<uint8_t> key(size);
  for (size_t i = 0; i < size; ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

core::Block Plaintext() {
  core::Block block;
  for (size_t i = 0; i < block.size(); ++i) block[i] = static_cast<uint8_t>(i * 0x11);
  return block;
}

// FIPS 197, appendix C.1 and C.3.
TEST(AesTest, Fips197Vectors) {
  core::Block block = Plaintext();
  AesCipher(CountingKey(16)).Encrypt(block);
  EXPECT_EQ(block, (core::Block{0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70,
                                0xb4, 0xc5, 0x5a}));
  block = Plaintext();
  AesCipher(CountingKey(32)).Encrypt(block);
  EXPECT_EQ(block, (core::Block{0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b,
                                0x49, 0x60, 0x89}));
}

TEST(AesTest, BlocksDoNotHangOnEachOther) {
  const AesCipher cipher(CountingKey(16));
  core::Block first = Plaintext();
  cipher.Encrypt(first);
  core::Block other{};
  cipher.Encrypt(other);
  core::Block again = Plaintext();
  cipher.Encrypt(again);
  EXPECT_EQ(first, again);
}

TEST(AesTest, ManyThreadsShareOneCipher) {
  const AesCipher cipher(CountingKey(16));
  core::Block expected = Plaintext();
  cipher.Encrypt(expected);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  // More threads than the pool has slots, so that some meet.
  for (size_t t = 0; t < 2 * ContextPool<CipherContext>::kSlots; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        core::Block block = Plaintext();
        cipher.Encrypt(block);
        if (block != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(AesDeathTest, OtherKeySizesAreRefused) { EXPECT_DEATH(AesCipher(CountingKey(15)), "AES key"); }

}  // namespace
}  // namespace tessera::crypto
