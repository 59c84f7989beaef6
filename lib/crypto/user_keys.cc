#include "crypto/user_keys.h"

#include <algorithm>

namespace tessera::crypto {
namespace {

// Every use of a key begins with its own label: even one key given to two purposes would not make one's
// digests the other's.
constexpr std::string_view kUserLabel = "tessera user key 1:";
constexpr std::string_view kCallerLabel = "tessera caller key 1:";

core::UserKey KeyUnder(uint8_t key_id, const HmacKey& key, std::string_view label, std::string_view name) {
  const Mac mac = key.Sign({label, name});
  core::UserKey made;
  made.bytes[0] = key_id;
  std::copy_n(mac.begin(), made.bytes.size() - 1, made.bytes.begin() + 1);
  return made;
}

}  // namespace

UserKeyMaker::UserKeyMaker(const KeyFile& keys) : current_(keys.ring(KeyPurpose::kUser).current) {
  for (const auto& [id, secret] : keys.ring(KeyPurpose::kUser).keys) keys_.try_emplace(id, secret.bytes());
}

core::UserKey UserKeyMaker::MakeUserKey(std::string_view user_id) const {
  return KeyUnder(current_, keys_.at(current_), kUserLabel, user_id);
}

core::UserKey UserKeyMaker::MakeCallerKey(std::string_view caller) const {
  return KeyUnder(current_, keys_.at(current_), kCallerLabel, caller);
}

std::optional<core::UserKey> UserKeyMaker::MakeUserKeyUnder(uint8_t key_id, std::string_view user_id) const {
  const auto key = keys_.find(key_id);
  if (key == keys_.end()) return std::nullopt;
  return KeyUnder(key_id, key->second, kUserLabel, user_id);
}

}  // namespace tessera::crypto
