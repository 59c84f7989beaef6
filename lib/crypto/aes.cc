#include "crypto/aes.h"

namespace tessera::crypto {
namespace {

CipherContext MakeContext(std::span<const uint8_t> key) {
  Require(key.size() == 16 || key.size() == 32, "AES key of 16 or 32 bytes");
  CipherContext context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
  Require(context && EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nullptr) == 1,
          "AES key schedule");
  // Whole blocks only: without padding each update gives its block at once and keeps no state.
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

}  // namespace

AesCipher::AesCipher(std::span<const uint8_t> key) : contexts_([key] { return MakeContext(key); }) {}

void AesCipher::Encrypt(std::span<core::Block> blocks) const {
  contexts_.Lend([blocks](const CipherContext& context) {
    auto* const bytes = reinterpret_cast<uint8_t*>(blocks.data());
    const int size = static_cast<int>(blocks.size_bytes());
    int length = 0;
    const int ok = EVP_EncryptUpdate(context.get(), bytes, &length, bytes, size);
    Require(ok == 1 && length == size, "AES blocks");
  });
}

}  // namespace tessera::crypto
