// Task<T> is a lazily started C++20 coroutine that runs on one event loop: it starts when it is awaited or
// spawned.
//
// A Task belongs to the thread of its loop: it is awaited, resumed and destroyed there. Arguments of a
// coroutine are kept in its frame, but what they refer to must outlive the Task.
//
// Trap of g++ 12: an aggregate temporary, a braced list or a lambda that is awaited at once is destroyed
// twice when it stands inside a co_await expression. Name it first and move it, or give the struct a
// constructor.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

namespace tessera::async {

using Executor = asio::io_context::executor_type;

template <typename T>
using Task = asio::awaitable<T, Executor>;

// The completion token that makes an asio operation awaitable inside a Task.
inline constexpr asio::use_awaitable_t<Executor> kAwait{};

using Clock = std::chrono::steady_clock;

// The instant, on this machine's monotonic clock, at which a wait gives up.
using Deadline = Clock::time_point;

// Lets everything that is ready go first.
inline Task<void> Yield() {
  const Executor executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, kAwait);
}

inline Deadline After(std::chrono::milliseconds delay) { return Clock::now() + delay; }

}  // namespace tessera::async
