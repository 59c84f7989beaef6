#include "memory_under_test.h"

#include <functional>

namespace tessera::contract {

uint32_t AnyHomeOf(const core::Shape& shape, const std::string& campaign_id) {
  return static_cast<uint32_t>(std::hash<std::string>()(campaign_id) % shape.partitions);
}

MemoryUnderTest::MemoryUnderTest(core::Shape shape) : shape_(shape) {
  MemoryOptions options;
  options.shape = shape;
  options.home = [shape](const std::string& id) { return AnyHomeOf(shape, id); };
  options.day_window = DayWindowFor;
  options.clock = [this] { return now_; };
  store_ = std::make_unique<MemoryStore>(std::move(options));
}

}  // namespace tessera::contract
