#include "tools/demo_day/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace tessera::demo {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kShowEvery{100};

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0) {}

void Progress::Begin(const std::string& stage, int64_t steps) {
  const std::lock_guard lock(mutex_);
  stage_ = stage;
  steps_ = steps;
  done_ = 0;
  began_ = Clock::now();
  if (terminal_) Show(false);
}

void Progress::Step() {
  ++done_;
  if (!terminal_) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock.owns_lock() && Clock::now() - shown_ >= kShowEvery) Show(false);
}

double Progress::End() {
  const std::lock_guard lock(mutex_);
  Show(true);
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

void Progress::Show(bool last) {
  shown_ = Clock::now();
  const double seconds = std::chrono::duration<double>(shown_ - began_).count();
  const std::string count = steps_ > 0 ? fmt::format(" {}/{}", done_.load(), steps_) : "";
  const std::string line = fmt::format("demo: {}{}, {:.1f} s", stage_, count, seconds);
  std::fputs((terminal_ ? "\r\x1b[K" + line + (last ? "\n" : "") : line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace tessera::demo
