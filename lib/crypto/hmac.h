#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "crypto/context_pool.h"
#include "crypto/openssl.h"

namespace tessera::crypto {

using Mac = std::array<uint8_t, 32>;

// HMAC-SHA256 (RFC 2104) under one key. The digests of both padded keys are made once and copied per message:
// with OpenSSL 3.0 EVP_MAC costs 320 ns where it can be used again and 900 ns where it must be copied, this
// about 250. Any thread.
class HmacKey {
 public:
  explicit HmacKey(std::span<const uint8_t> key);

  // The MAC of the parts one after another. Where they could be cut otherwise, the caller frames them
  // (LengthFrame).
  Mac Sign(std::initializer_list<std::string_view> parts) const;

 private:
  struct Contexts {
    DigestContext inner;
    DigestContext outer;
    DigestContext work;
  };
  ContextPool<Contexts> contexts_;
};

// Four bytes, big-endian, to stand before a part of this length, so that no other parts give the same
// message.
std::array<char, 4> LengthFrame(std::string_view part);

// The first N bytes of a MAC.
template <size_t N>
std::array<uint8_t, N> Truncated(const Mac& mac) {
  static_assert(N <= std::tuple_size_v<Mac>);
  std::array<uint8_t, N> bytes;
  for (size_t i = 0; i < N; ++i) bytes[i] = mac[i];
  return bytes;
}

}  // namespace tessera::crypto
