// WaitUntil asks again and again until something is true, and throws when that takes too long. A server that
// cannot be asked at the moment (std::runtime_error), because it is being changed, is asked again.
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
  std::string last;
  while (true) {
    try {
      if (condition()) return;
    } catch (const std::runtime_error& error) {
      last = error.what();
    }
    if (std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error("waited too long until " + what +
                               (last.empty() ? "" : "; last error: " + last));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace tessera::testing
