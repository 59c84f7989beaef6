#pragma once

#include <cstdint>
#include <span>

namespace tessera::crypto {

// Fills `bytes` with random bytes fit for keys; ends the process when the system has none. Any thread.
void FillRandom(std::span<uint8_t> bytes);

}  // namespace tessera::crypto
