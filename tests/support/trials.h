// How often a test tries what it hunts for: few times in every run, as often as the project promises with
// TESSERA_FULL=1.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tessera::testing {

inline bool Full() {
  const char* full = std::getenv("TESSERA_FULL");
  return full != nullptr && std::string_view(full) == "1";
}

inline int64_t Trials(int64_t in_short, int64_t in_full) { return Full() ? in_full : in_short; }

// Every fault test ends with this line; tests/RESULTS.md is made of them.
inline void PrintTrials(const char* name, int64_t count) {
  std::printf("[trials] %s: %lld\n", name, static_cast<long long>(count));
  std::fflush(stdout);
}

}  // namespace tessera::testing
