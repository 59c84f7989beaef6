// ClientHarness runs one redis::Client on a loop of its own in the test's thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/event_loop.h"
#include "async/timer.h"
#include "redis/client.h"

namespace tessera::redis {

using std::chrono::milliseconds;

class ClientHarness {
 public:
  explicit ClientHarness(const Config& config, ConnectHook hook = nullptr, Observer* observer = nullptr) {
    client_.emplace(loop_, config, std::move(hook), observer);
  }

  ~ClientHarness() {
    client_->Close();
    loop_.RunUntilDone(async::Sleep(milliseconds(20)));
    client_.reset();
  }

  Result<void> Start(int timeout_ms = 5000) {
    return loop_.RunUntilDone(client_->Start(async::After(milliseconds(timeout_ms))));
  }

  Result<Reply> Execute(Command command, int timeout_ms = 2000, Retry retry = Retry::kSafe) {
    return loop_.RunUntilDone(
        client_->Execute(std::move(command), async::After(milliseconds(timeout_ms)), retry));
  }

  template <typename T>
  T Run(async::Task<T> task) {
    return loop_.RunUntilDone(std::move(task));
  }

  async::EventLoop& loop() { return loop_; }
  Client& client() { return *client_; }

 private:
  async::EventLoop loop_;
  std::optional<Client> client_;
};

inline Config ConfigFor(const std::string& address) {
  Config config;
  config.addresses = {address};
  return config;
}

}  // namespace tessera::redis
