// EventLoop runs Tasks on one thread: the one that calls Run.
//
// Post, Spawn and Stop may be called from any thread, everything else only from the loop's own. What runs on
// the loop must never block. The loop must outlive every Task on it, and whatever keeps Tasks waiting
// (connections, flights) must have let them go before the loop is destroyed.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <exception>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "async/task.h"

namespace tessera::async {

class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs what is posted and spawned, on the calling thread, until Stop. May be called again after it
  // returned.
  void Run();

  // Makes Run return soon, or at once if it has yet to begin; what has not run yet stays queued.
  void Stop();

  // Calls `callable` on the loop's thread, after what is queued already.
  template <typename Callable>
  void Post(Callable&& callable) {
    asio::post(context_, std::forward<Callable>(callable));
  }

  // Starts `task` on the loop's thread. An exception that escapes it ends the process: nobody could handle
  // it.
  void Spawn(Task<void> task);

  // Runs the loop on the calling thread until `task` has ended, and returns what it returned. For start-up
  // and tests. REQUIRES: Run is not running.
  template <typename T>
  T RunUntilDone(Task<T> task);

  bool InLoopThread() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

  Executor executor() { return context_.get_executor(); }

 private:
  asio::io_context context_;
  asio::executor_work_guard<Executor> work_;
  std::atomic<std::thread::id> thread_;
};

template <typename T>
T EventLoop::RunUntilDone(Task<T> task) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(context_, std::move(task), [this, &failure](std::exception_ptr error) {
      failure = error;
      Stop();
    });
    Run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> value;
    // asio default-constructs the result of a task that threw, so the value travels beside it.
    auto keep = [](Task<T> inner, std::optional<T>* out) -> Task<void> {
      out->emplace(co_await std::move(inner));
    };
    RunUntilDone(keep(std::move(task), &value));
    return std::move(*value);
  }
}

}  // namespace tessera::async
