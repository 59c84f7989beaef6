#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/stored_code.h"
#include "crypto/hmac.h"
#include "crypto/key_file.h"

namespace tessera::crypto {

// What the deployment's keys make of stored codes. Any thread.
class StoredCodes {
 public:
  explicit StoredCodes(const KeyFile& keys);

  // Where a code stands, under the current user key and then under the older ones that the file still has:
  // what was stored under one of those stands there. Never empty. REQUIRES: the canonical form.
  std::vector<core::StoredCodeKey> KeysOf(std::string_view code) const;

  bool HasCodeKey(uint8_t code_key_id) const { return ciphers_.contains(code_key_id); }
  // A short code, drawn under a code key. REQUIRES: the file has it.
  std::string Draw(uint8_t code_key_id, const core::CodePattern& pattern, core::CodeNumber number,
                   uint32_t attempt) const;

 private:
  std::map<uint8_t, HmacKey> user_keys_;
  uint8_t current_user_key_;
  std::map<uint8_t, std::unique_ptr<core::BlockCipher>> ciphers_;
};

}  // namespace tessera::crypto
