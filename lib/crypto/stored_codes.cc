#include "crypto/stored_codes.h"

#include <algorithm>

#include "crypto/aes.h"

namespace tessera::crypto {
namespace {

// As in user_keys.cc and code_keys.cc: each use of a key has a label of its own.
constexpr std::string_view kDigestLabel = "tessera stored code 1:";
constexpr std::string_view kCipherLabel = "tessera short code aes-128 1:";
constexpr size_t kAesKeyBytes = 16;

}  // namespace

StoredCodes::StoredCodes(const KeyFile& keys) : current_user_key_(keys.ring(KeyPurpose::kUser).current) {
  for (const auto& [id, secret] : keys.ring(KeyPurpose::kUser).keys)
    user_keys_.try_emplace(id, secret.bytes());
  for (const auto& [id, secret] : keys.ring(KeyPurpose::kCode).keys) {
    Mac derived = HmacKey(secret.bytes()).Sign({kCipherLabel});
    ciphers_.emplace(id, std::make_unique<AesCipher>(std::span(derived).first(kAesKeyBytes)));
    OPENSSL_cleanse(derived.data(), derived.size());
  }
}

std::vector<core::StoredCodeKey> StoredCodes::KeysOf(std::string_view code) const {
  std::vector<core::StoredCodeKey> found;
  for (const auto& [id, key] : user_keys_) {
    const Mac mac = key.Sign({kDigestLabel, code});
    core::StoredCodeKey digest;
    digest.bytes[0] = id;
    std::copy_n(mac.begin(), digest.bytes.size() - 1, digest.bytes.begin() + 1);
    const bool current = id == current_user_key_;
    found.insert(current ? found.begin() : found.end(), digest);
  }
  return found;
}

std::string StoredCodes::Draw(uint8_t code_key_id, const core::CodePattern& pattern, core::CodeNumber number,
                              uint32_t attempt) const {
  return pattern.Draw(*ciphers_.at(code_key_id), number, attempt);
}

}  // namespace tessera::crypto
