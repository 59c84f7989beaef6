#pragma once

#include <string>

#include "tests/support/service_process.h"

namespace tessera::demo {

// Runs couponctl on the deployment as an operator would, and prints the command and what it says. Returns
// whether it exited with 0.
bool ShowCouponctl(testing::Deployment& deployment, const std::string& words);

}  // namespace tessera::demo
