#include "tools/load/request_ids.h"

#include <array>
#include <chrono>
#include <random>

namespace tessera::load {

RequestIds::RequestIds() {
  std::random_device device;
  state_ = (static_cast<uint64_t>(device()) << 32) | device();
}

// SplitMix64: cheap, and its 2^64 period outlasts any run.
uint64_t RequestIds::Random() {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

void RequestIds::Write(int64_t unix_ms, std::string* id) {
  static constexpr char kHex[] = "0123456789abcdef";
  const uint64_t high = (static_cast<uint64_t>(unix_ms) << 16) | 0x7000 | (Random() & 0x0FFF);
  const uint64_t low = (Random() & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  id->resize(36);
  char* out = id->data();
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *out++ = '-';
    const uint64_t half = digit < 16 ? high : low;
    *out++ = kHex[(half >> (60 - 4 * (digit % 16))) & 0xF];
  }
}

void RequestIds::Next(std::string* id) {
  using std::chrono::duration_cast;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Write(duration_cast<std::chrono::milliseconds>(now).count(), id);
}

std::string RequestIds::Next() {
  std::string id;
  Next(&id);
  return id;
}

std::string RequestIds::At(int64_t unix_ms) {
  std::string id;
  Write(unix_ms, &id);
  return id;
}

}  // namespace tessera::load
