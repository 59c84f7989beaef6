#pragma once

#include <openssl/crypto.h>

#include <array>
#include <cstdint>
#include <span>

namespace tessera::crypto {

// Bytes of key material: overwritten when they go out of scope, and without a way to print them. A value
// type.
template <size_t N>
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(const SecretBytes&) = default;
  SecretBytes& operator=(const SecretBytes&) = default;
  ~SecretBytes() { OPENSSL_cleanse(bytes_.data(), N); }

  std::span<const uint8_t, N> bytes() const { return bytes_; }
  std::span<uint8_t, N> mutable_bytes() { return bytes_; }

 private:
  std::array<uint8_t, N> bytes_{};
};

// One key of a key file.
using Secret = SecretBytes<32>;

}  // namespace tessera::crypto
