#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace tessera::bench {

// How much is measured.
struct BenchOptions {
  int rounds = 5;
  std::chrono::milliseconds slice{2000};  // of each rate in each round
  int64_t coupons = 1'000'000;            // for memory and for claims among many
};

// A line on stderr that says how far the bench is.
inline void Say(const std::string& what) { std::fprintf(stderr, "bench: %s\n", what.c_str()); }

}  // namespace tessera::bench
