#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace tessera::testing {
namespace {

// A child is killed when the thread that forked it ends (PR_SET_PDEATHSIG), so one thread, which ends with
// the process, forks for all.
class Parent {
 public:
  static Parent& Get() {
    static auto* parent = new Parent();  // never destroyed: it lives as long as the process
    return *parent;
  }

  pid_t Run(const std::function<pid_t()>& fork_child) {
    std::packaged_task<pid_t()> task(fork_child);
    std::future<pid_t> pid = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
    return pid.get();
  }

 private:
  Parent() {
    std::thread([this] { Serve(); }).detach();
  }

  void Serve() {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      std::packaged_task<pid_t()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
};

// What tests and tools tell each other; a service would take it for a field of its configuration.
constexpr std::string_view kOwnVariables[] = {"TESSERA_BIN_DIR", "TESSERA_FULL", "TESSERA_SEED"};

// Only system calls run between fork and exec, as the test has threads: everything else was prepared before.
pid_t ForkAndExec(const std::vector<char*>& arguments, const std::vector<char*>& env,
                  const std::filesystem::path& log, pid_t parent) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out >= 0) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
  }
  // The test's own sockets and pipes are not the child's business.
  for (int fd = 3; fd < 1024; ++fd) close(fd);
  execve(arguments[0], arguments.data(), env.data());
  _exit(127);
}

}  // namespace

ChildProcess::~ChildProcess() { Kill(); }

void ChildProcess::Start(const std::vector<std::string>& argv, const std::filesystem::path& log,
                         const std::vector<std::pair<std::string, std::string>>& environment) {
  if (access(argv.at(0).c_str(), X_OK) != 0) throw std::runtime_error("a test needs the program " + argv[0]);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> env;
  // Of two of one name a program may heed either, so what is given replaces what is inherited.
  const auto stays = [&](std::string_view inherited) {
    const std::string_view name = inherited.substr(0, inherited.find('='));
    return std::find(std::begin(kOwnVariables), std::end(kOwnVariables), name) == std::end(kOwnVariables) &&
           std::none_of(environment.begin(), environment.end(),
                        [&](const auto& variable) { return name == variable.first; });
  };
  for (char** inherited = environ; *inherited != nullptr; ++inherited) {
    if (stays(*inherited)) env.push_back(*inherited);
  }
  for (std::string& variable : variables) env.push_back(variable.data());
  env.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = Parent::Get().Run([&] { return ForkAndExec(arguments, env, log, parent); });
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

void ChildProcess::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

void ChildProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

int ChildProcess::Wait(int timeout_ms) {
  if (pid_ <= 0) return -1;
  for (int waited = 0;; ++waited) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (waited >= timeout_ms) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

bool ChildProcess::running() {
  if (pid_ <= 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

}  // namespace tessera::testing
