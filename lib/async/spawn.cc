#include "async/spawn.h"

#include <asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <utility>

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

void Spawn(const Executor& executor, Task<void> task) {
  asio::co_spawn(executor, std::move(task), [](std::exception_ptr error) {
    if (error) EndProcess(error);
  });
}

}  // namespace tessera::async
