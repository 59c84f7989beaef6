// NonsenseProxy stands between a client and a redis-server, lets everything through, and when it is told to,
// answers something else than Redis did. What the client asked for has its effect all the same.
//
// Any thread; it has a thread of its own.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace tessera::testing {

class NonsenseProxy {
 public:
  // `target` is "unix:/path".
  explicit NonsenseProxy(const std::string& target);
  ~NonsenseProxy();
  NonsenseProxy(const NonsenseProxy&) = delete;
  NonsenseProxy& operator=(const NonsenseProxy&) = delete;

  // "unix:/path".
  std::string address() const { return "unix:" + path_.string(); }

  // From now on each piece of Redis' answers is replaced by `bytes`; "" lets them through again.
  void AnswerInstead(std::string bytes);
  // The next answer is swallowed, all connections end, and nobody can connect any more until Return.
  void LeaveAtNextAnswer() { leaving_ = true; }
  void Return();

 private:
  struct Relay {
    int client;
    int server;
  };
  void Work();
  void Accept();
  // False: the relay has ended.
  bool Carry(const Relay& relay, bool from_client);
  std::string Instead() const;
  void CloseAll();

  TempFolder folder_;
  std::filesystem::path path_;
  std::string target_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> away_{false};
  mutable std::mutex mutex_;
  std::string instead_;
  int listener_ = -1;
  std::vector<Relay> relays_;
  std::thread thread_;
};

}  // namespace tessera::testing
