#include "crypto/page_token.h"

#include <openssl/crypto.h>

#include "crypto/base64url.h"

namespace tessera::crypto {
namespace {

constexpr std::string_view kLabel = "tessera page token 1:";
constexpr size_t kMacBytes = 8;
constexpr size_t kHeadBytes = 1 + kMacBytes;

std::string MacOf(const HmacKey& key, std::string_view context, std::string_view payload) {
  const auto frame = LengthFrame(context);
  const Mac mac = key.Sign({kLabel, {frame.data(), frame.size()}, context, payload});
  return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
}

}  // namespace

PageTokens::PageTokens(const KeyFile& keys) : current_(keys.ring(KeyPurpose::kToken).current) {
  for (const auto& [id, secret] : keys.ring(KeyPurpose::kToken).keys) keys_.try_emplace(id, secret.bytes());
}

std::string PageTokens::Seal(std::string_view context, std::string_view payload) const {
  std::string bytes(1, static_cast<char>(current_));
  bytes.append(MacOf(keys_.at(current_), context, payload)).append(payload);
  return EncodeBase64Url(bytes);
}

std::optional<std::string> PageTokens::Open(std::string_view context, std::string_view token) const {
  if (token.size() > kTokenLengthMax) return std::nullopt;
  const std::optional<std::string> bytes = DecodeBase64Url(token);
  if (!bytes || bytes->size() < kHeadBytes) return std::nullopt;
  const auto key = keys_.find(static_cast<uint8_t>(bytes->front()));
  if (key == keys_.end()) return std::nullopt;
  std::string payload = bytes->substr(kHeadBytes);
  const std::string mac = MacOf(key->second, context, payload);
  // In constant time, so that a forger cannot find the MAC byte by byte.
  if (CRYPTO_memcmp(mac.data(), bytes->data() + 1, kMacBytes) != 0) return std::nullopt;
  return payload;
}

}  // namespace tessera::crypto
