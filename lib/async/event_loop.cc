#include "async/event_loop.h"

#include <cstdio>

namespace tessera::async {
namespace {

[[noreturn]] void EndProcess(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fatal: an exception escaped a task: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "fatal: an exception of unknown type escaped a task\n");
  }
  std::terminate();
}

}  // namespace

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

void EventLoop::Spawn(Task<void> task) {
  asio::co_spawn(context_, std::move(task), [](std::exception_ptr error) {
    if (error) EndProcess(error);
  });
}

}  // namespace tessera::async
