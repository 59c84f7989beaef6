#include "memory_under_test.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace tessera::contract {

uint32_t AnyHomeOf(const core::Shape& shape, const std::string& campaign_id) {
  return static_cast<uint32_t>(std::hash<std::string>()(campaign_id) % shape.partitions);
}

core::InstantMs RealNow() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

void SleepUntilReal(core::InstantMs t) {
  while (RealNow() < t) std::this_thread::sleep_for(std::chrono::milliseconds(t - RealNow()));
}

MemoryUnderTest::MemoryUnderTest(core::Shape shape, Clock clock, const Make& make)
    : shape_(shape), clock_(clock) {
  MemoryOptions options;
  options.shape = shape;
  options.home = [shape](const std::string& id) { return AnyHomeOf(shape, id); };
  // One call is judged at one instant: real time passes between calls only.
  options.clock = [this] { return now_; };
  store_ = make(std::move(options));
}

core::InstantMs MemoryUnderTest::Now() {
  if (clock_ == Clock::kReal) now_ = RealNow();
  return now_;
}

void MemoryUnderTest::WaitUntil(core::InstantMs t) {
  if (clock_ == Clock::kReal) SleepUntilReal(t);
  now_ = std::max(now_, t);
}

}  // namespace tessera::contract
