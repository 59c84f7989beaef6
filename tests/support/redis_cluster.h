// RedisCluster is a real Redis Cluster of a test's own: three shards, each with a primary and a replica, on
// 127.0.0.1. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"

namespace tessera::testing {

class RedisCluster {
 public:
  static constexpr int kShards = 3;

  // `options` are those of every node. Returns when all nodes agree that the cluster is fine.
  explicit RedisCluster(RedisServerOptions options = {});
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  // Addresses of all nodes, as redis::Config takes them.
  std::vector<std::string> addresses() const;

  RedisServer& primary(int shard) { return *nodes_[shards_[shard].primary]; }
  RedisServer& replica(int shard) { return *nodes_[shards_[shard].replica]; }
  // The shard that serves `slot`.
  int ShardOf(int slot);

  // The replica takes over in agreement with the primary, which becomes its replica. Nothing is lost.
  void Failover(int shard);
  void FailoverAll();
  // The primary dies and its replica is promoted by the cluster. What it had not sent to the replica is lost.
  void KillPrimary(int shard);

  // Moves a slot with its keys to another shard.
  void MoveSlot(int slot, int to_shard);
  // The same in three steps: between the first and the last, the source answers ASK for keys that have moved,
  // and the target TRYAGAIN for commands of which some keys have not.
  void BeginMove(int slot, int to_shard);
  void MoveKeys(int slot, int to_shard, int keys_max);
  void EndMove(int slot, int to_shard);

 private:
  struct Shard {
    size_t primary;
    size_t replica;
  };

  std::string IdOf(RedisServer& server) { return server.Command({"CLUSTER", "MYID"}); }
  void WaitUntilFine();
  void WaitUntilAgreed(int slot, int shard);

  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<Shard> shards_;
};

}  // namespace tessera::testing
