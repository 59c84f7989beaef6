#pragma once

#include "tests/support/service_process.h"

namespace tessera::bench {

// What figures of whole services are measured on.
inline testing::DeploymentOptions BenchDeployment() {
  testing::DeploymentOptions options;
  options.durability = testing::RedisDurability::kEverysec;
  options.log_level = "warning";
  return options;
}

}  // namespace tessera::bench
