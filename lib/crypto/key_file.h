#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/result.h"
#include "crypto/secret.h"

namespace tessera::crypto {

enum class KeyPurpose : uint8_t {
  kUser,     // user ids become user keys
  kCode,     // codes are enciphered
  kRequest,  // request ids and bodies become digests
  kToken,    // page tokens are signed
};
inline constexpr int kKeyPurposeCount = static_cast<int>(KeyPurpose::kToken) + 1;

// The keys of one purpose: new things are made under `current`, things made under the others still count.
struct KeyRing {
  std::map<uint8_t, Secret> keys;
  uint8_t current = 0;
};

// All keys of a deployment, from a text file with one key per line:
//
//   <user|code|request|token> <key id> <64 hexadecimal digits> [current]
//
// Lines that are blank or start with '#' are skipped. Each purpose has at least one key and exactly one
// current; key ids are 0 to 255, those of codes 0 to 7. Immutable once loaded; any thread. No error and no
// log line ever holds a key.
class KeyFile {
 public:
  static constexpr size_t kFileBytesMax = 64 * 1024;

  // INVALID_FIELD naming file and line. A file that others can read is refused: it belongs to this process's
  // user with no permissions for group and others, or to root with at most read permission for the group
  // (which is how Kubernetes mounts secrets under fsGroup; PostgreSQL has the same rule for its key file).
  static core::Result<KeyFile> Load(const std::string& path);
  // The same from text; errors call it `name`.
  static core::Result<KeyFile> Parse(std::string_view text, const std::string& name);

  const KeyRing& ring(KeyPurpose purpose) const { return rings_[static_cast<size_t>(purpose)]; }

 private:
  std::array<KeyRing, kKeyPurposeCount> rings_;
};

// Writes a new key file with one fresh random key per purpose, readable by its owner only. INVALID_FIELD when
// the file exists or cannot be written: a key file is never replaced.
core::Status GenerateKeyFile(const std::string& path);

}  // namespace tessera::crypto
