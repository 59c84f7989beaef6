// Event is a flag that Tasks can wait for. Loop thread only; it must outlive the waits on it unless Set ends
// them.
#pragma once

#include <vector>

#include "async/task.h"

namespace tessera::async {

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const { return set_; }

  // Raises the flag: everybody who waits goes on (in a later turn of the loop), and later waits end at once.
  void Set();

  // Lowers the flag. Whom Set has woken stays woken.
  void Reset() { set_ = false; }

  // Wakes everybody who waits now and leaves the flag as it is.
  void Pulse();

  // Waits for Set or Pulse.
  Task<void> Wait();

  // Waits for Set or Pulse until `deadline`; false when the deadline came first.
  Task<bool> WaitUntil(Deadline deadline);

 private:
  struct Waiter;

  bool set_ = false;
  std::vector<Waiter*> waiters_;
};

}  // namespace tessera::async
