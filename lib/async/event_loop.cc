#include "async/event_loop.h"

#include "async/spawn.h"

namespace tessera::async {

// One thread runs the loop, which the hint tells asio; other threads may still post.
EventLoop::EventLoop() : context_(1), work_(context_.get_executor()) {}

void EventLoop::Run() {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  context_.run();
  // Only now: a Stop that came before this Run must not be lost.
  context_.restart();
  thread_.store(std::thread::id(), std::memory_order_relaxed);
}

void EventLoop::Stop() { context_.stop(); }

void EventLoop::Spawn(Task<void> task) { async::Spawn(executor(), std::move(task)); }

}  // namespace tessera::async
