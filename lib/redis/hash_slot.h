// HashSlot computes which of the 16,384 slots of a Redis Cluster a key belongs to. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tessera::redis {

inline constexpr int kHashSlots = 16'384;

// CRC16 (XMODEM) of the key, or of what stands between its first '{' and the next '}' when that is not empty,
// modulo 16,384: as the Redis Cluster specification says.
int HashSlot(std::string_view key);

}  // namespace tessera::redis
