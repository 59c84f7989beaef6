#pragma once

#include "core/ids.h"

namespace tessera::core {

// How long a coupon can be used, counted from its claim; all of it within the campaign's use window, but for
// the end of one that outlasts it. All zero: the whole of the window.
struct Validity {
  int64_t wait_ms = 0;           // after the claim, before it can be used
  int64_t lasts_ms = 0;          // from the first instant at which it can be used; 0: to the window's end
  bool outlasts_window = false;  // whether it lasts that long even past the window's end
  bool operator==(const Validity&) const = default;
};

}  // namespace tessera::core
