// Timer lets a Task wait for time to pass. Loop thread only; a Timer must outlive the wait on it.
#pragma once

#include <asio/basic_waitable_timer.hpp>
#include <chrono>

#include "async/task.h"

namespace tessera::async {

using SteadyTimer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

// Waits for `delay`. It cannot be cut short: use Event::WaitUntil or a Timer where a shutdown must not wait
// for it.
Task<void> Sleep(std::chrono::milliseconds delay);

// A wait that can be cut short.
class Timer {
 public:
  explicit Timer(const Executor& executor) : timer_(executor) {}

  // Waits until `deadline`; false when Cancel came first. One wait at a time.
  Task<bool> WaitUntil(Deadline deadline);

  Task<bool> WaitFor(std::chrono::milliseconds delay) { return WaitUntil(After(delay)); }

  // Ends the wait that is on. A wait that begins later is not touched.
  void Cancel() { timer_.cancel(); }

 private:
  SteadyTimer timer_;
};

}  // namespace tessera::async
