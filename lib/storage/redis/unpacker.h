#pragma once

#include <cstdint>
#include <string_view>

#include "core/ids.h"

namespace tessera::storage {

// Takes big-endian fields of fixed width off the front of a packed value. Once something is missing it fails
// for good, and everything after is empty or 0. The bytes must outlive it. Any thread.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : left_(bytes) {}

  uint64_t Number(size_t width) {
    uint64_t value = 0;
    for (const char c : Bytes(width)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  int64_t Signed(size_t width) { return static_cast<int64_t>(Number(width)); }
  std::string_view Bytes(size_t width) {
    if (left_.size() < width) failed_ = true;
    if (failed_) return {};
    const std::string_view taken = left_.substr(0, width);
    left_.remove_prefix(width);
    return taken;
  }
  std::string_view Rest() { return Bytes(left_.size()); }
  core::CampaignNumber Campaign() { return {static_cast<uint32_t>(Number(4))}; }

  size_t left() const { return left_.size(); }
  bool failed() const { return failed_; }
  void Fail() { failed_ = true; }

 private:
  std::string_view left_;
  bool failed_ = false;
};

}  // namespace tessera::storage
