#pragma once

#include <cstdint>
#include <span>

#include "core/block_cipher.h"
#include "crypto/context_pool.h"
#include "crypto/openssl.h"

namespace tessera::crypto {

// AES (FIPS 197) block by block (ECB), by OpenSSL, which uses the processor's AES instructions. Any thread.
class AesCipher final : public core::BlockCipher {
 public:
  // REQUIRES: `key` has 16 or 32 bytes. They are not kept beyond OpenSSL's key schedule, which goes with this
  // object.
  explicit AesCipher(std::span<const uint8_t> key);

  using core::BlockCipher::Encrypt;
  void Encrypt(std::span<core::Block> blocks) const override;

 private:
  ContextPool<CipherContext> contexts_;
};

}  // namespace tessera::crypto
