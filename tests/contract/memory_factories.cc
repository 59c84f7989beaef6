#include "memory_under_test.h"

namespace tessera::contract {

std::vector<StoreFactory> StoreFactories() {
  std::vector<StoreFactory> factories;
  for (const uint32_t partitions : {1u, 16u}) {
    const core::Shape shape{.partitions = partitions, .buckets = 8};
    factories.push_back({"MemoryP" + std::to_string(partitions), [shape] {
                           return std::make_unique<MemoryUnderTest>(shape, MemoryUnderTest::Clock::kSet);
                         }});
  }
  return factories;
}

}  // namespace tessera::contract
