#pragma once

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

// How this library holds OpenSSL's objects. Pure, any thread; included by crypto's own .cc and headers only.
namespace tessera::crypto {

// Ends the process when OpenSSL could not do what cannot fail but for lack of memory or a broken
// installation: going on would mean working with a key or digest that is not one.
inline void Require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "openssl: %s failed\n", what);
  std::abort();
}

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

}  // namespace tessera::crypto
