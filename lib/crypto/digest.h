#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/ids.h"
#include "crypto/hmac.h"
#include "crypto/key_file.h"

namespace tessera::crypto {

// What makes a request id unique: ids count per caller, method and subject (the user's key, the order of a
// guest, a campaign).
struct OperationName {
  std::string_view caller;
  std::string_view method;
  std::string_view subject;
  core::RequestId request_id;
};

using OperationField = std::array<uint8_t, 12>;  // core::OpRef::field
using BodyDigest = std::array<uint8_t, 8>;

// The keyed digests under which operations are recorded: nobody who reads Redis learns a request id or a body
// from them, and nobody without the key can aim for a collision. They are made under the current request key
// only: with another key a retry of an earlier call is not recognized, so that key changes only while nothing
// within the retention can be retried. Any thread.
class RequestDigests {
 public:
  explicit RequestDigests(const KeyFile& keys);

  OperationField Operation(const OperationName& name) const;
  // REQUIRES: `body` is the request in a canonical form, without its request_id.
  BodyDigest Body(std::string_view body) const;

 private:
  HmacKey key_;
};

}  // namespace tessera::crypto
