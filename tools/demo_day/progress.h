#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace tessera::demo {

// One line on stderr that says what is going on: rewritten in place on a terminal, else written once when a
// stage ends. Step may be called from any thread, the rest from one.
class Progress {
 public:
  Progress();

  void Begin(const std::string& stage, int64_t steps);
  void Step();
  // Ends the stage and returns the seconds that it took.
  double End();

 private:
  void Show(bool last);

  const bool terminal_;
  std::mutex mutex_;
  std::string stage_;
  int64_t steps_ = 0;
  std::atomic<int64_t> done_{0};
  std::chrono::steady_clock::time_point began_, shown_;
};

}  // namespace tessera::demo
