#include "crypto/hmac.h"

#include <algorithm>

#include "crypto/secret.h"

namespace tessera::crypto {
namespace {

constexpr size_t kBlockBytes = 64;

// A digest that has taken in the key, each byte xored with `pad`.
DigestContext PaddedKey(const SecretBytes<kBlockBytes>& key, uint8_t pad) {
  SecretBytes<kBlockBytes> padded = key;
  for (uint8_t& byte : padded.mutable_bytes()) byte ^= pad;
  DigestContext context(EVP_MD_CTX_new());
  Require(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), padded.bytes().data(), kBlockBytes) == 1,
          "SHA-256 of a key");
  return context;
}

// A key longer than a block is replaced by its digest, a shorter one filled with zeros (RFC 2104).
SecretBytes<kBlockBytes> BlockOf(std::span<const uint8_t> key) {
  SecretBytes<kBlockBytes> block;
  if (key.size() > kBlockBytes) {
    Require(
        EVP_Digest(key.data(), key.size(), block.mutable_bytes().data(), nullptr, EVP_sha256(), nullptr) == 1,
        "SHA-256 of a long key");
  } else {
    std::copy(key.begin(), key.end(), block.mutable_bytes().begin());
  }
  return block;
}

}  // namespace

HmacKey::HmacKey(std::span<const uint8_t> key)
    : contexts_([block = BlockOf(key)] {
        return Contexts{PaddedKey(block, 0x36), PaddedKey(block, 0x5c), DigestContext(EVP_MD_CTX_new())};
      }) {}

Mac HmacKey::Sign(std::initializer_list<std::string_view> parts) const {
  Mac mac;
  contexts_.Lend([&](const Contexts& contexts) {
    EVP_MD_CTX* work = contexts.work.get();
    bool ok = EVP_MD_CTX_copy_ex(work, contexts.inner.get()) == 1;
    for (const std::string_view part : parts)
      ok = ok && EVP_DigestUpdate(work, part.data(), part.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(work, mac.data(), nullptr) == 1;
    ok = ok && EVP_MD_CTX_copy_ex(work, contexts.outer.get()) == 1;
    ok = ok && EVP_DigestUpdate(work, mac.data(), mac.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(work, mac.data(), nullptr) == 1;
    Require(ok, "HMAC-SHA256");
  });
  return mac;
}

std::array<char, 4> LengthFrame(std::string_view part) {
  const auto size = static_cast<uint32_t>(part.size());
  return {static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
          static_cast<char>(size)};
}

}  // namespace tessera::crypto
