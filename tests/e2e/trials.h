#pragma once

#include "tests/support/trials.h"

namespace tessera::e2e {

using testing::Full;
using testing::PrintTrials;
using testing::Trials;

// VerifyInvariants reads every wallet: with few of them it is done at once.
inline constexpr uint32_t kFewBuckets = 64;

}  // namespace tessera::e2e
