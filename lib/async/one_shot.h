// OneShot<T> carries one value from a callback to the coroutine that waits for it, without an allocation of
// its own.
//
//   async::OneShot<int> answer;            // stands in the frame of the coroutine
//   source.Start(&answer);                 // keeps the pointer and calls Complete exactly once
//   co_await answer.Ready();
//   Use(answer.Take());
//
// Loop thread only. The OneShot must stay where it is until Complete was called: whoever keeps the pointer
// must call Complete before it goes away, or the waiting coroutine is never freed. Complete resumes the
// coroutine before it returns, so the caller must be ready to be called again from inside.
#pragma once

#include <asio/async_result.hpp>
#include <optional>
#include <utility>

#include "async/task.h"

namespace tessera::async {

template <typename T>
class OneShot {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  void Complete(T value) {
    value_.emplace(std::move(value));
    if (!handler_.has_value()) return;
    // The coroutine may end and take this object along, so the handler moves to the stack first.
    Handler handler = std::move(*handler_);
    handler_.reset();
    std::move(handler)();
  }

  bool completed() const { return value_.has_value(); }

  // Waits for Complete. Must be awaited at once, by one coroutine; a value that is already there does not
  // suspend.
  auto Ready() {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto&& handler) {
          if (value_.has_value()) {
            std::forward<decltype(handler)>(handler)();
          } else {
            handler_.emplace(std::forward<decltype(handler)>(handler));
          }
        },
        kAwait);
  }

  // REQUIRES: completed(). Takes the value away and makes the OneShot usable again.
  T Take() {
    T value = std::move(*value_);
    value_.reset();
    return value;
  }

 private:
  using Handler = typename asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;

  std::optional<T> value_;
  std::optional<Handler> handler_;
};

}  // namespace tessera::async
