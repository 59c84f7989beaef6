#include "async/timer.h"

namespace tessera::async {

Task<void> Sleep(std::chrono::milliseconds delay) {
  SteadyTimer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(kAwait);
}

Task<bool> Timer::WaitUntil(Deadline deadline) {
  timer_.expires_at(deadline);
  asio::error_code error;
  co_await timer_.async_wait(asio::redirect_error(kAwait, error));
  co_return !error;
}

}  // namespace tessera::async
