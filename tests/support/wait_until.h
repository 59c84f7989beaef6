// WaitUntil asks again and again until something is true, and throws when that takes too long.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace tessera::testing {

template <typename Condition>
void WaitUntil(const std::string& what, Condition condition,
               std::chrono::seconds limit = std::chrono::seconds(20)) {
  const auto give_up = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("waited too long until " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace tessera::testing
