#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/openssl.h"

namespace tessera::crypto {

void FillRandom(std::span<uint8_t> bytes) {
  Require(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "random bytes");
}

}  // namespace tessera::crypto
