#include "redis_under_test.h"
#include "tests/support/redis_cluster.h"
#include "tests/support/redis_sentinel.h"

namespace tessera::contract {
namespace {

// Each is started by its first case and ends with the program.
redis::Config Cluster() {
  static testing::RedisCluster cluster;
  redis::Config config;
  config.topology = redis::TopologyKind::kCluster;
  config.addresses = cluster.addresses();
  return config;
}

redis::Config Sentinel() {
  static testing::RedisSentinel sentinel;
  redis::Config config;
  config.topology = redis::TopologyKind::kSentinel;
  config.addresses = sentinel.addresses();
  config.sentinel_master = testing::RedisSentinel::kMasterName;
  return config;
}

}  // namespace

std::vector<StoreFactory> StoreFactories() {
  const core::Shape shape{.partitions = 16, .buckets = 8};
  return {{"Cluster", [shape] { return std::make_unique<RedisUnderTest>(Cluster(), shape); }},
          {"Sentinel", [shape] { return std::make_unique<RedisUnderTest>(Sentinel(), shape); }}};
}

}  // namespace tessera::contract
