#pragma once

#include "core/code.h"
#include "crypto/key_file.h"

namespace tessera::crypto {

// The code book of a deployment: AES-128 under a key derived from each code key of the file.
core::CodeBook MakeCodeBook(const KeyFile& keys);

}  // namespace tessera::crypto
