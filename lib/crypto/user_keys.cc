#include "crypto/user_keys.h"

#include <algorithm>

namespace tessera::crypto {
namespace {

// Every use of a key begins with its own label: even one key given to two purposes would not make one's
// digests the other's.
constexpr std::string_view kLabel = "tessera user key 1:";

core::UserKey UserKeyUnder(uint8_t key_id, const HmacKey& key, std::string_view user_id) {
  const Mac mac = key.Sign({kLabel, user_id});
  core::UserKey user;
  user.bytes[0] = key_id;
  std::copy_n(mac.begin(), user.bytes.size() - 1, user.bytes.begin() + 1);
  return user;
}

}  // namespace

UserKeyMaker::UserKeyMaker(const KeyFile& keys) : current_(keys.ring(KeyPurpose::kUser).current) {
  for (const auto& [id, secret] : keys.ring(KeyPurpose::kUser).keys) keys_.try_emplace(id, secret.bytes());
}

core::UserKey UserKeyMaker::MakeUserKey(std::string_view user_id) const {
  return UserKeyUnder(current_, keys_.at(current_), user_id);
}

std::optional<core::UserKey> UserKeyMaker::MakeUserKeyUnder(uint8_t key_id, std::string_view user_id) const {
  const auto key = keys_.find(key_id);
  if (key == keys_.end()) return std::nullopt;
  return UserKeyUnder(key_id, key->second, user_id);
}

}  // namespace tessera::crypto
