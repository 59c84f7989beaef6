// WhenAll runs Tasks side by side on the loop and waits for all of them.
//
// Loop thread only. What the Tasks refer to must outlive the wait. An exception that escapes a Task ends the
// process, as with EventLoop::Spawn.
#pragma once

#include <asio/co_spawn.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/task.h"

namespace tessera::async {

inline Task<void> WhenAll(std::vector<Task<void>> tasks) {
  size_t left = tasks.size();
  if (left == 0) co_return;
  Event done;
  const Executor executor = co_await asio::this_coro::executor;
  for (Task<void>& task : tasks) {
    asio::co_spawn(executor, std::move(task), [&left, &done](const std::exception_ptr& error) {
      if (error) std::terminate();
      if (--left == 0) done.Set();
    });
  }
  if (!done.is_set()) co_await done.Wait();
}

}  // namespace tessera::async
