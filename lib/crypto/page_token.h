#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hmac.h"
#include "crypto/key_file.h"

namespace tessera::crypto {

// Page tokens (AIP-158): where a listing goes on, signed so that callers can neither make nor change one, nor
// use it in another listing. The payload is signed, not hidden: it must hold nothing that the caller may not
// see. Any thread.
class PageTokens {
 public:
  static constexpr size_t kTokenLengthMax = 2048;

  explicit PageTokens(const KeyFile& keys);

  // `context` is whatever must be the same when the token comes back: the method and a digest of its filter.
  // base64url of key id (1 byte), MAC (8) and payload. REQUIRES: payload of at most 1,500 bytes.
  std::string Seal(std::string_view context, std::string_view payload) const;
  // The payload, or nothing unless Seal made the token for the same context under a key that the key file
  // still has.
  std::optional<std::string> Open(std::string_view context, std::string_view token) const;

 private:
  std::map<uint8_t, HmacKey> keys_;
  uint8_t current_;
};

}  // namespace tessera::crypto
