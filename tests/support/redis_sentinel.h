// RedisSentinel is a primary with two replicas and three Sentinels of a test's own, on 127.0.0.1. One thread
// at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"

namespace tessera::testing {

class RedisSentinel {
 public:
  static constexpr const char* kMasterName = "mymaster";

  // `options` are those of the three data nodes. Returns when the Sentinels know each other and the replicas.
  explicit RedisSentinel(RedisServerOptions options = {});
  RedisSentinel(const RedisSentinel&) = delete;
  RedisSentinel& operator=(const RedisSentinel&) = delete;

  // The Sentinels' addresses, as redis::Config takes them.
  std::vector<std::string> addresses() const;

  RedisServer& primary() { return *nodes_[primary_]; }
  RedisServer& node(int index) { return *nodes_[index]; }
  RedisServer& sentinel(int index) { return *sentinels_[index]; }

  // A replica takes over because the Sentinels were told so; the old primary becomes a replica. What it takes
  // between the two is lost: Redis' own SENTINEL FAILOVER does not stop it.
  void Failover();
  // The same with nothing lost, as operators do it: the primary's writers are paused, and the replicas are in
  // step, before a replica takes over.
  void CoordinatedFailover();
  // The primary dies; returns when the Sentinels have made a replica the primary.
  void KillPrimary();

 private:
  // `prepare` comes before each try.
  void FailOver(const std::function<void()>& prepare);
  // Whether the Sentinels name another primary that knows it is one; it is the primary from then on.
  bool FindOtherPrimary(size_t old_primary);

  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
  size_t primary_ = 0;
};

}  // namespace tessera::testing
