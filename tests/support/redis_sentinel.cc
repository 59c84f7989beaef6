#include "tests/support/redis_sentinel.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

// A failover may need several tries, each of which the Sentinels give a few seconds.
constexpr std::chrono::seconds kFailoverMax{50};

}  // namespace

RedisSentinel::RedisSentinel(RedisServerOptions options) {
  options.tcp = true;
  for (int i = 0; i < 3; ++i) {
    RedisServerOptions own = options;
    if (i > 0) own.config_lines.push_back("replicaof 127.0.0.1 " + std::to_string(nodes_[0]->port()));
    nodes_.push_back(std::make_unique<RedisServer>(own));
  }
  const std::string name = kMasterName;
  for (int i = 0; i < 3; ++i) {
    RedisServerOptions sentinel;
    sentinel.tcp = true;
    sentinel.arguments = {"--sentinel"};
    sentinel.config_lines = {
        "sentinel monitor " + name + " 127.0.0.1 " + std::to_string(nodes_[0]->port()) + " 2",
        "sentinel down-after-milliseconds " + name + " 500", "sentinel failover-timeout " + name + " 5000"};
    sentinels_.push_back(std::make_unique<RedisServer>(sentinel));
  }
  WaitUntil("the Sentinels know everybody", [&] {
    return std::all_of(sentinels_.begin(), sentinels_.end(), [&](const auto& sentinel) {
      const std::string info = sentinel->Command({"INFO", "sentinel"});
      return info.find("status=ok") != std::string::npos &&
             info.find("slaves=2,sentinels=3") != std::string::npos;
    });
  });
  for (int i = 1; i < 3; ++i) {
    WaitUntil("a replica is in step", [&] { return nodes_[i]->redis().Info("master_link_status") == "up"; });
  }
}

std::vector<std::string> RedisSentinel::addresses() const {
  std::vector<std::string> all;
  for (const auto& sentinel : sentinels_) all.push_back(sentinel->tcp_address());
  return all;
}

bool RedisSentinel::FindOtherPrimary(size_t old_primary) {
  const std::vector<std::string> named =
      sentinels_[0]->redis().List({"SENTINEL", "get-master-addr-by-name", kMasterName});
  if (named.size() != 2) return false;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (i == old_primary || named[1] != std::to_string(nodes_[i]->port())) continue;
    if (nodes_[i]->redis().List({"ROLE"}).at(0) != "master") return false;
    primary_ = i;
    return true;
  }
  return false;
}

void RedisSentinel::Failover() {
  FailOver([] {});
}

void RedisSentinel::FailOver(const std::function<void()>& prepare) {
  const size_t old_primary = primary_;
  std::chrono::steady_clock::time_point asked{};
  WaitUntil(
      "the Sentinels name another primary",
      [&] {
        // A failover that the Sentinel gave up is asked for again.
        if (std::chrono::steady_clock::now() > asked + std::chrono::seconds(6)) {
          prepare();
          asked = std::chrono::steady_clock::now();
          sentinels_[0]->Command({"SENTINEL", "FAILOVER", kMasterName});
        }
        return FindOtherPrimary(old_primary);
      },
      kFailoverMax);
  // Until it is told so, the old primary takes writes that are lost a moment later.
  WaitUntil(
      "the old primary is a replica",
      [&] { return nodes_[old_primary]->redis().List({"ROLE"}).at(0) == "slave"; }, kFailoverMax);
}

void RedisSentinel::CoordinatedFailover() {
  RedisServer& before = primary();
  FailOver([&] {
    // The old primary is made a replica only when the pause is over.
    before.Command({"CLIENT", "PAUSE", "20000", "WRITE"});
    WaitUntil("the replicas have all that was written", [&] {
      const std::string offset = before.redis().Info("master_repl_offset");
      return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return node.get() == &before || node->redis().Info("slave_repl_offset") == offset;
      });
    });
  });
  before.Command({"CLIENT", "UNPAUSE"});
}

void RedisSentinel::KillPrimary() {
  const size_t old_primary = primary_;
  nodes_[old_primary]->Kill9();
  WaitUntil(
      "the Sentinels name another primary", [&] { return FindOtherPrimary(old_primary); }, kFailoverMax);
}

}  // namespace tessera::testing
