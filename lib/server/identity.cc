#include "server/identity.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <yaml-cpp/yaml.h>

#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "server/config.h"

namespace tessera::server {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr size_t kTokenBytesMax = 4096;

using Digest = std::array<uint8_t, 32>;

bool Sha256(std::string_view text, Digest* digest) {
  // Kept per thread: making a context and looking the algorithm up cost more than the digest itself.
  struct Hasher {
    EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Hasher() = default;
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;
    ~Hasher() {
      EVP_MD_CTX_free(context);
      EVP_MD_free(algorithm);
    }
  };
  thread_local const Hasher hasher;
  return EVP_DigestInit_ex(hasher.context, hasher.algorithm, nullptr) == 1 &&
         EVP_DigestUpdate(hasher.context, text.data(), text.size()) == 1 &&
         EVP_DigestFinal_ex(hasher.context, digest->data(), nullptr) == 1;
}

uint64_t FirstBytes(const Digest& digest) {
  uint64_t word = 0;
  std::memcpy(&word, digest.data(), sizeof(word));
  return word;
}

bool ReadDigest(const std::string& hex, Digest* digest) {
  if (hex.size() != 2 * digest->size()) return false;
  for (size_t i = 0; i < digest->size(); ++i) {
    int byte = 0;
    for (const char c : {hex[2 * i], hex[2 * i + 1]}) {
      if (c >= '0' && c <= '9') {
        byte = byte * 16 + (c - '0');
      } else if (c >= 'a' && c <= 'f') {
        byte = byte * 16 + (c - 'a' + 10);
      } else {
        return false;
      }
    }
    (*digest)[i] = static_cast<uint8_t>(byte);
  }
  return true;
}

core::Error Wrong(const std::string& source, const YAML::Mark& mark, const std::string& what) {
  return {core::Reason::kInvalidField, source + ":" + std::to_string(mark.line + 1) + ": " + what};
}

// The value of a metadata entry "Bearer <token>", or nothing. The scheme's case does not matter (RFC 9110).
std::string_view BearerToken(std::string_view authorization) {
  if (authorization.size() <= kScheme.size()) return {};
  for (size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != kScheme[i]) return {};
  }
  return authorization.substr(kScheme.size());
}

}  // namespace

void Bind(ConfigSection section, IdentityConfig& config) {
  section.Field(
      "tokens_file", &config.tokens_file,
      "YAML file of the callers: name, sha256 of the token, roles. Without it --insecure-dev is required.");
}

core::Result<std::unique_ptr<StaticTokens>> StaticTokens::Parse(const std::string& yaml,
                                                                const std::string& source) {
  auto tokens = std::make_unique<StaticTokens>();
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap() || root.size() != 1 || !root["tokens"].IsDefined() || !root["tokens"].IsSequence()) {
      return Wrong(source, root.Mark(), "must consist of one list called tokens");
    }
    std::set<Digest> seen;
    for (const YAML::Node& entry : root["tokens"]) {
      if (!entry.IsMap()) return Wrong(source, entry.Mark(), "each token has a name, a sha256 and roles");
      Caller caller;
      Digest digest{};
      bool has_digest = false;
      for (const auto& item : entry) {
        const std::string key = item.first.as<std::string>();
        const YAML::Node& value = item.second;
        if (key == "name") {
          caller.name = value.as<std::string>();
        } else if (key == "sha256") {
          has_digest = ReadDigest(value.as<std::string>(), &digest);
          if (!has_digest) return Wrong(source, value.Mark(), "sha256 must be 64 lower-case hex digits");
        } else if (key == "roles") {
          for (const YAML::Node& role : value) {
            const std::optional<int> number = RoleByName(role.as<std::string>());
            if (!number) return Wrong(source, role.Mark(), "there is no role " + role.as<std::string>());
            caller.roles.Add(*number);
          }
        } else {
          return Wrong(source, item.first.Mark(), "unknown key " + key);
        }
      }
      if (caller.name.empty()) return Wrong(source, entry.Mark(), "a token has no name");
      if (!has_digest) return Wrong(source, entry.Mark(), "the token of " + caller.name + " has no sha256");
      if (caller.roles.empty()) return Wrong(source, entry.Mark(), caller.name + " has no roles");
      if (!seen.insert(digest).second)
        return Wrong(source, entry.Mark(), "the sha256 of " + caller.name + " is there twice");
      tokens->callers_.emplace(FirstBytes(digest), std::make_pair(digest, std::move(caller)));
    }
  } catch (const YAML::Exception& e) {
    return Wrong(source, e.mark, e.msg);
  }
  if (tokens->callers_.empty()) return core::Error(core::Reason::kInvalidField, source + ": names no token");
  return tokens;
}

core::Result<std::unique_ptr<StaticTokens>> StaticTokens::ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return core::Error(core::Reason::kInvalidField, "identity.tokens_file: cannot read " + path);
  }
  return Parse(text.str(), path);
}

core::Result<const Caller*> StaticTokens::Authenticate(const Credentials& credentials) const {
  const std::string_view token = BearerToken(credentials.authorization);
  Digest digest{};
  if (!token.empty() && token.size() <= kTokenBytesMax && Sha256(token, &digest)) {
    const auto [first, last] = callers_.equal_range(FirstBytes(digest));
    for (auto row = first; row != last; ++row) {
      if (CRYPTO_memcmp(row->second.first.data(), digest.data(), digest.size()) == 0)
        return &row->second.second;
    }
  }
  return core::Error(core::Reason::kCallerUnknown, "the call bears no known token");
}

}  // namespace tessera::server
