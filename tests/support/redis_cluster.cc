#include "tests/support/redis_cluster.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/wait_until.h"

namespace tessera::testing {
namespace {

constexpr int kSlots = 16'384;

void MustBeOk(RedisServer& server, const std::vector<std::string>& argv) {
  const std::string answer = server.Command(argv);
  if (answer != "OK") throw std::runtime_error(argv.at(0) + " " + argv.at(1) + " was answered " + answer);
}

// The port of the primary that serves `slot`, by what `server` believes; 0 when it knows none.
int OwnerPort(RedisServer& server, int slot) {
  const std::vector<std::string> words = server.redis().List({"CLUSTER", "SLOTS"});
  // Flat: first and last slot, then ip, port and id of the primary and of the replicas.
  for (size_t i = 0; i + 4 < words.size(); ++i) {
    const bool range = words[i + 2] == "127.0.0.1" && words[i].size() <= 5 && words[i + 1].size() <= 5;
    if (!range || words[i].find('.') != std::string::npos) continue;
    if (std::stoi(words[i]) <= slot && slot <= std::stoi(words[i + 1])) return std::stoi(words[i + 3]);
  }
  return 0;
}

// The configuration epoch of each node, by what `server` believes.
std::map<std::string, std::string> EpochsOf(RedisServer& server) {
  std::map<std::string, std::string> epochs;
  std::istringstream lines(server.Command({"CLUSTER", "NODES"}));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, address, flags, primary, ping, pong, epoch;
    words >> id >> address >> flags >> primary >> ping >> pong >> epoch;
    epochs[id] = epoch;
  }
  return epochs;
}

}  // namespace

RedisCluster::RedisCluster(RedisServerOptions options) {
  options.tcp = true;
  for (int i = 0; i < 2 * kShards; ++i) {
    RedisServerOptions own = options;
    own.config_lines.insert(own.config_lines.end(), {"cluster-enabled yes", "cluster-node-timeout 1000",
                                                     "cluster-replica-validity-factor 0",
                                                     "cluster-port " + std::to_string(FreePort())});
    nodes_.push_back(std::make_unique<RedisServer>(own));
    nodes_.back()->Command({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  }
  for (int shard = 0; shard < kShards; ++shard) {
    shards_.push_back(Shard{static_cast<size_t>(shard), static_cast<size_t>(shard + kShards)});
    const int first = kSlots * shard / kShards;
    const int last = kSlots * (shard + 1) / kShards - 1;
    primary(shard).Command({"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
  }
  for (const auto& node : nodes_) {
    const std::string bus = node->redis().List({"CONFIG", "GET", "cluster-port"}).at(1);
    nodes_[0]->Command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(node->port()), bus});
  }
  for (int shard = 0; shard < kShards; ++shard) {
    const std::string id = IdOf(primary(shard));
    WaitUntil("a node follows its primary",
              [&] { return replica(shard).Command({"CLUSTER", "REPLICATE", id}) == "OK"; });
  }
  WaitUntilFine();
}

void RedisCluster::WaitUntilFine() {
  WaitUntil("all nodes of the cluster are fine", [&] {
    return std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
      const std::string info = node->Command({"CLUSTER", "INFO"});
      return info.find("cluster_state:ok") != std::string::npos &&
             info.find("cluster_known_nodes:6") != std::string::npos;
    });
  });
  for (int shard = 0; shard < kShards; ++shard) {
    WaitUntil("a replica is in step",
              [&] { return replica(shard).redis().Info("master_link_status") == "up"; });
  }
}

// A move that begins before the last one is known to all can give two nodes the same configuration epoch.
// Then the slot is disputed, and whoever loses it deletes its keys. So a move ends when all have heard of the
// new epoch.
void RedisCluster::WaitUntilAgreed(int slot, int shard) {
  WaitUntil("all nodes agree on who serves slot " + std::to_string(slot), [&] {
    std::map<std::string, std::string> epochs;
    for (const auto& node : nodes_) {
      if (!node->running()) continue;
      if (OwnerPort(*node, slot) != primary(shard).port()) return false;
      for (const auto& [id, epoch] : EpochsOf(*node)) {
        if (epochs.emplace(id, epoch).first->second != epoch) return false;
      }
    }
    return true;
  });
}

std::vector<std::string> RedisCluster::addresses() const {
  std::vector<std::string> all;
  for (const auto& node : nodes_) all.push_back(node->tcp_address());
  return all;
}

int RedisCluster::ShardOf(int slot) {
  for (int shard = 0; shard < kShards; ++shard) {
    if (OwnerPort(primary(shard), slot) == primary(shard).port()) return shard;
  }
  throw std::runtime_error("no primary serves slot " + std::to_string(slot));
}

void RedisCluster::Failover(int shard) {
  RedisServer& next = replica(shard);
  WaitUntil("the replica agrees to take over", [&] { return next.Command({"CLUSTER", "FAILOVER"}) == "OK"; });
  WaitUntil("the replica is the primary", [&] { return next.redis().List({"ROLE"}).at(0) == "master"; });
  WaitUntil("the primary is a replica",
            [&] { return primary(shard).redis().List({"ROLE"}).at(0) == "slave"; });
  std::swap(shards_[shard].primary, shards_[shard].replica);
  WaitUntil("the new replica is in step",
            [&] { return replica(shard).redis().Info("master_link_status") == "up"; });
}

void RedisCluster::FailoverAll() {
  for (int shard = 0; shard < kShards; ++shard) Failover(shard);
}

void RedisCluster::KillPrimary(int shard) {
  RedisServer& next = replica(shard);
  primary(shard).Kill9();
  WaitUntil("the replica is promoted", [&] { return next.redis().List({"ROLE"}).at(0) == "master"; });
  std::swap(shards_[shard].primary, shards_[shard].replica);
}

void RedisCluster::MoveSlot(int slot, int to_shard) {
  if (ShardOf(slot) == to_shard) return;
  BeginMove(slot, to_shard);
  MoveKeys(slot, to_shard, 1 << 30);
  EndMove(slot, to_shard);
}

void RedisCluster::BeginMove(int slot, int to_shard) {
  const int from_shard = ShardOf(slot);
  const std::string number = std::to_string(slot);
  MustBeOk(primary(to_shard), {"CLUSTER", "SETSLOT", number, "IMPORTING", IdOf(primary(from_shard))});
  MustBeOk(primary(from_shard), {"CLUSTER", "SETSLOT", number, "MIGRATING", IdOf(primary(to_shard))});
}

void RedisCluster::MoveKeys(int slot, int to_shard, int keys_max) {
  RedisServer& from = primary(ShardOf(slot));
  const std::string port = std::to_string(primary(to_shard).port());
  while (keys_max > 0) {
    const std::string count = std::to_string(std::min(keys_max, 100));
    const std::vector<std::string> keys =
        from.redis().List({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), count});
    if (keys.empty()) return;
    std::vector<std::string> migrate = {"MIGRATE", "127.0.0.1", port, "", "0", "5000", "KEYS"};
    migrate.insert(migrate.end(), keys.begin(), keys.end());
    const std::string answer = from.Command(migrate);
    if (answer != "OK" && answer != "NOKEY") throw std::runtime_error("MIGRATE: " + answer);
    keys_max -= static_cast<int>(keys.size());
  }
}

void RedisCluster::EndMove(int slot, int to_shard) {
  const std::string id = IdOf(primary(to_shard));
  const int from_shard = ShardOf(slot);
  // The target first, so that there is no moment at which nobody serves the slot.
  std::vector<int> order = {to_shard, from_shard};
  for (int shard = 0; shard < kShards; ++shard) {
    if (shard != to_shard && shard != from_shard) order.push_back(shard);
  }
  for (const int shard : order)
    primary(shard).Command({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id});
}

}  // namespace tessera::testing
