#include "crypto/code_keys.h"

#include "crypto/aes.h"
#include "crypto/hmac.h"

namespace tessera::crypto {
namespace {

constexpr std::string_view kLabel = "tessera code aes-128 1:";
constexpr size_t kAesKeyBytes = 16;

}  // namespace

core::CodeBook MakeCodeBook(const KeyFile& keys) {
  const KeyRing& ring = keys.ring(KeyPurpose::kCode);
  std::map<uint8_t, std::unique_ptr<core::BlockCipher>> ciphers;
  for (const auto& [id, secret] : ring.keys) {
    Mac derived = HmacKey(secret.bytes()).Sign({kLabel});
    ciphers.emplace(id, std::make_unique<AesCipher>(std::span(derived).first(kAesKeyBytes)));
    OPENSSL_cleanse(derived.data(), derived.size());
  }
  return core::CodeBook(std::move(ciphers), ring.current);
}

}  // namespace tessera::crypto
