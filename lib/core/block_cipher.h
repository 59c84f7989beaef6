#pragma once

#include <array>
#include <cstdint>

namespace tessera::core {

using Block = std::array<uint8_t, 16>;

// A 128-bit block cipher under one fixed key; the seam through which core/code uses AES without knowing a
// library. Implementations are safe to call from several threads at once.
class BlockCipher {
 public:
  virtual ~BlockCipher() = default;
  virtual void Encrypt(Block& block) const = 0;
};

}  // namespace tessera::core
