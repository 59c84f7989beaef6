// CutProxy stands between gRPC clients and a service on this machine, slows their connections down and cuts
// them: at once, or just before an answer would go through. As a server sends the headers of an answer when
// its handler has finished, a cut answer is one whose effect has happened and whose caller does not know it.
//
// All methods may be called from any thread. The proxy has one thread of its own; the destructor ends it and
// cuts whatever is left. The service may come and go meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>

namespace tessera::testing {

class CutProxy {
 public:
  // `target` is "127.0.0.1:port". Listens on a free port.
  explicit CutProxy(std::string target);
  ~CutProxy();
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;

  // What clients connect to instead of the target: "127.0.0.1:port".
  const std::string& address() const { return address_; }

  // Cuts the connection instead of each `n`th answer that comes by, counted over all connections. 0: none.
  void CutEveryNthAnswer(int n) { cut_every_ = n; }
  // Holds back whatever comes by, in either direction, for a random time up to this. 0: not at all.
  void DelayUpTo(std::chrono::milliseconds longest) { delay_max_ms_ = static_cast<int>(longest.count()); }
  // Cuts all connections now, whatever is on its way.
  void CutNow();

  int64_t answers_cut() const { return answers_cut_; }
  int64_t answers_passed() const { return answers_passed_; }

 private:
  class Relay;
  struct Loop;

  // Whether the answer that begins now is to be cut. The proxy's thread.
  bool CutThisAnswer();
  // How long to hold back what has just come. The proxy's thread.
  std::chrono::milliseconds Delay();

  const std::string target_;
  std::string address_;
  std::atomic<int> cut_every_{0};
  std::atomic<int> delay_max_ms_{0};
  int64_t answers_seen_ = 0;
  std::minstd_rand random_;  // the proxy's thread
  std::atomic<int64_t> answers_cut_{0};
  std::atomic<int64_t> answers_passed_{0};
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace tessera::testing
