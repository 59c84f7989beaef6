#pragma once

#include <cstdint>

namespace tessera::core {

// What happens to a coupon's discount on the lines that stay, when returned lines take their sum below the
// coupon's minimum spend or below the step that it had reached.
enum class ThresholdLoss : uint8_t {
  // It stays: what was bought was bought.
  kKeep,
  // It is taken back, down to the step that is still reached, or entirely.
  kClawBack,
  // It stays in proportion: what the lines that stay are of the sum that was wanted, and no less than what
  // kClawBack leaves. A later return is held to what stayed.
  kProrate,
};

}  // namespace tessera::core
