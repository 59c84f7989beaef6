// ChildProcess is a program that a test has started. It dies with the test process, however that ends.
//
// One thread at a time, any thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tessera::testing {

class ChildProcess {
 public:
  ChildProcess() = default;
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Starts argv[0] (a full path) in this environment plus the variables given, which replace those of the
  // same name; output goes to the end of `log`.
  // Throws when there is no such program.
  void Start(const std::vector<std::string>& argv, const std::filesystem::path& log,
             const std::vector<std::pair<std::string, std::string>>& environment = {});

  // Sends a signal, such as SIGSTOP.
  void Signal(int signal);

  // Sends SIGKILL and waits until it is gone. Nothing happens when it is not running.
  void Kill();

  // Waits until it has ended by itself and returns its exit code, or -1 when it still runs after
  // `timeout_ms`.
  int Wait(int timeout_ms);

  bool running();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace tessera::testing
