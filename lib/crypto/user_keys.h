#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "core/ids.h"
#include "crypto/hmac.h"
#include "crypto/key_file.h"

namespace tessera::crypto {

// Turns the callers' user ids into user keys: key id and 88 bits of an HMAC-SHA256. Callers have keys like
// them, so that both can be counted alike. Any thread.
class UserKeyMaker {
 public:
  explicit UserKeyMaker(const KeyFile& keys);

  // Under the current key. REQUIRES: the id was checked by api; every byte of it counts.
  core::UserKey MakeUserKey(std::string_view user_id) const;
  // Under an older key that the file still has: what was stored before the current key came.
  std::optional<core::UserKey> MakeUserKeyUnder(uint8_t key_id, std::string_view user_id) const;

  // Of a caller, under the current key: no user's key, also where a user has the caller's name.
  core::UserKey MakeCallerKey(std::string_view caller) const;

  uint8_t current_key_id() const { return current_; }

 private:
  std::map<uint8_t, HmacKey> keys_;
  uint8_t current_;
};

}  // namespace tessera::crypto
