#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "server/call_context.h"

namespace tessera::server {

class ConfigSection;

struct IdentityConfig {
  std::string tokens_file;
};
void Bind(ConfigSection section, IdentityConfig& config);

// What a call brings to prove who sends it. Later: the peer's certificate.
struct Credentials {
  std::string_view authorization;  // the value of the authorization metadata, "" when there is none
};

// Tells who calls. Any thread. Callers it returns live as long as the authenticator.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // CALLER_UNKNOWN when the credentials prove nothing.
  virtual core::Result<const Caller*> Authenticate(const Credentials& credentials) const = 0;
};

// Knows callers by a bearer token ("authorization: Bearer <token>") whose SHA-256 stands in a file:
//
//   tokens:
//     - name: checkout
//       sha256: "9f86d081884c7d65..."       # printf %s "$TOKEN" | sha256sum
//       roles: [REDEEMER]
//
// Tokens are bearer secrets: make them of at least 128 random bits. The file holds none of them, and neither
// does this class. A caller may have several entries while its token is changed; names may repeat, digests
// may not.
class StaticTokens final : public Authenticator {
 public:
  // INVALID_FIELD with the file's line when the text is not such a file.
  static core::Result<std::unique_ptr<StaticTokens>> Parse(const std::string& yaml,
                                                           const std::string& source);
  static core::Result<std::unique_ptr<StaticTokens>> ReadFile(const std::string& path);

  core::Result<const Caller*> Authenticate(const Credentials& credentials) const override;

  size_t size() const { return callers_.size(); }

 private:
  using Digest = std::array<uint8_t, 32>;

  // By the first eight bytes of the digest; the rest is compared in constant time. The digest of a random
  // token tells nothing about the token, so finding the row may take the time it takes.
  std::multimap<uint64_t, std::pair<Digest, Caller>> callers_;
};

// Everybody is "anonymous" and may do everything. For development, behind --insecure-dev.
class Anyone final : public Authenticator {
 public:
  core::Result<const Caller*> Authenticate(const Credentials&) const override { return &anonymous_; }

 private:
  const Caller anonymous_{"anonymous", RoleSet::All()};
};

}  // namespace tessera::server
