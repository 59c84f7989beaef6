#pragma once

#include <cstdint>
#include <string>

namespace tessera::load {

// Makes request ids: version 7 UUIDs (RFC 9562) with the present time and 74 random bits. A caller makes one
// for each intention and repeats it with each retry. One thread at a time; instances with the same seed at
// the same millisecond give the same ids, so every thread and every run takes a seed of its own.
class RequestIds {
 public:
  // Seeds from the operating system.
  RequestIds();
  explicit RequestIds(uint64_t seed) : state_(seed) {}

  std::string Next();
  // The same, into a string that keeps its memory.
  void Next(std::string* id);
  // One that claims to have been made at `unix_ms`.
  std::string At(int64_t unix_ms);

 private:
  uint64_t Random();
  void Write(int64_t unix_ms, std::string* id);

  uint64_t state_;
};

}  // namespace tessera::load
