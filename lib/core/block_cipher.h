#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace tessera::core {

using Block = std::array<uint8_t, 16>;

// A 128-bit block cipher under one fixed key; the seam through which core/code uses AES without knowing a
// library. Implementations are safe to call from several threads at once.
class BlockCipher {
 public:
  virtual ~BlockCipher() = default;
  // Each block by itself, in place; several at once cost far less than one after another.
  virtual void Encrypt(std::span<Block> blocks) const = 0;
  void Encrypt(Block& block) const { Encrypt(std::span<Block>(&block, 1)); }
};

}  // namespace tessera::core
