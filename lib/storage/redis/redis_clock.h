#pragma once

#include <chrono>

#include "core/ids.h"

namespace tessera::storage {

// Redis' clock as far as this process knows it: an offset to the monotonic clock, from TIME at every connect
// and from the instants that scripts answer. It errs towards early, so a deadline turned into Redis time is
// never later than the caller's. Loop thread only.
class RedisClock {
 public:
  using Steady = std::chrono::steady_clock;

  core::InstantMs Now() const { return At(Steady::now()); }
  core::InstantMs At(Steady::time_point t) const { return offset_ms_ + SinceStartMs(t); }

  // A node answered `redis_now_ms`, and the answer is here now. Nodes of a cluster differ: the earliest is
  // kept, unless the clock is far off it, as after Redis' own clock was set.
  void Learn(core::InstantMs redis_now_ms) {
    const core::InstantMs offset = redis_now_ms - SinceStartMs(Steady::now());
    if (offset < offset_ms_ || offset > offset_ms_ + kDriftMaxMs) offset_ms_ = offset;
  }

  // Redis says that it is this late at least.
  void CatchUp(core::InstantMs redis_now_ms) {
    if (redis_now_ms > Now()) offset_ms_ = redis_now_ms - SinceStartMs(Steady::now());
  }

 private:
  static constexpr core::InstantMs kDriftMaxMs = 250;
  static core::InstantMs SinceStartMs(Steady::time_point t) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
  }

  core::InstantMs offset_ms_ = 0;
};

}  // namespace tessera::storage
