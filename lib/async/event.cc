#include "async/event.h"

#include <utility>

#include "async/timer.h"

namespace tessera::async {

struct Event::Waiter {
  explicit Waiter(const Executor& executor) : timer(executor) {}

  SteadyTimer timer;
  bool woken = false;
};

void Event::Set() {
  set_ = true;
  Pulse();
}

void Event::Pulse() {
  // A woken waiter does not touch the event again, so the event may go away right after this.
  for (Waiter* waiter : std::exchange(waiters_, {})) {
    waiter->woken = true;
    waiter->timer.cancel();
  }
}

Task<void> Event::Wait() { co_await WaitUntil(Deadline::max()); }

Task<bool> Event::WaitUntil(Deadline deadline) {
  if (set_) co_return true;
  Waiter waiter(co_await asio::this_coro::executor);
  waiter.timer.expires_at(deadline);
  waiters_.push_back(&waiter);
  asio::error_code error;
  co_await waiter.timer.async_wait(asio::redirect_error(kAwait, error));
  if (!waiter.woken) std::erase(waiters_, &waiter);
  co_return waiter.woken;
}

}  // namespace tessera::async
