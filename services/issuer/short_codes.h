#pragma once

#include <cstdint>

namespace tessera::issuer {

// Draws of one short code at most. Its pattern has a thousand codes for each, so a draw is somebody else's
// once in a thousand times, and this many never.
inline constexpr uint32_t kShortCodeDrawsMax = 32;

}  // namespace tessera::issuer
