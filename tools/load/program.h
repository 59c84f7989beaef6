#pragma once

#include "tools/load/options.h"

namespace tessera::load {

// Prepares what the method needs (a campaign, coupons to redeem), sends the load and prints the result.
// Returns the exit status: 0 when every call had the outcome that its method is for, 1 otherwise.
int RunProgram(const LoadOptions& options);

}  // namespace tessera::load
